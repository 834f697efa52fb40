/**
 * What a task computes, kind by kind: from local input files to local output files and scores, over
 * the worker's mathematics. Callable from a worker and from the command line alike: nothing here
 * knows Kafka, the artifact store, Vert.x or leases, and nothing here decides where files come from
 * or go to.
 */
package dev.fewstep.worker.task.program;
