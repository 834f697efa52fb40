/**
 * The life of a task on a worker: take one from the share group, read control, report, keep the
 * lease, run it, report again. Kafka is spoken here and nowhere else in the worker; what a task
 * computes is in {@code task.program}, where its files lie in {@code artifact}.
 */
package dev.fewstep.worker.task;
