/**
 * The orchestrator's mind: {@code decide} turns an input into a decision, {@code replay} folds the
 * decision into the state, and views read the state. Everything here is pure: no Kafka, no HTTP, no
 * store, no clock. All methods of the state are for one thread.
 */
package dev.fewstep.orchestrator.experiment;
