/**
 * What orchestrator and worker tell of themselves in the same way: which meters of Kafka's clients
 * they keep, and traces, by which one request is followed from HTTP through the inbox and a task to
 * a worker and the store. Here is what carries a trace from one process to the next and what begins
 * to export it; which spans there are is said where the work is done. Nothing here decides
 * anything, and without settings nothing is recorded.
 */
package dev.fewstep.telemetry;
