/**
 * Distances between the features of generated and real images, and the names under which scores are
 * comparable. Everything is float64 and summed in index order; nothing here samples images or knows
 * a task.
 */
package dev.fewstep.worker.evaluation;
