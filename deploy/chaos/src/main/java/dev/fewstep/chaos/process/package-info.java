/**
 * The main classes of the child processes: brokers, store, orchestrators, workers. They put the
 * product's own parts together with short times and a clock that can be set wrong; nothing of the
 * product is replaced.
 */
package dev.fewstep.chaos.process;
