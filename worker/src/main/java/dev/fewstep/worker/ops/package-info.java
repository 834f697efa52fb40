/**
 * What people and Prometheus see of a running worker: the names of its meters and where its results
 * were computed. Nothing here decides anything.
 */
package dev.fewstep.worker.ops;
