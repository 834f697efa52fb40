/**
 * What travels over Kafka: commands, reports, tasks, control and metrics. A message repeated, late
 * or lost must never change a result, so each carries the ids that let its reader judge it.
 */
package dev.fewstep.schemas.message;
