package dev.fewstep.orchestrator.experiment;

import java.util.Optional;

/**
 * A rung of an experiment that halves its trials.
 *
 * @param rung its index, from 0
 * @param iterations iterations at its end
 * @param trials trials that entered it
 * @param completed trials that completed it, those that failed included
 * @param failed trials that failed in it
 * @param promoted trials that went on to the next
 * @param best the lowest validation MMD at its end
 */
public record RungRow(
    int rung,
    int iterations,
    int trials,
    int completed,
    int failed,
    int promoted,
    Optional<Double> best) {}
