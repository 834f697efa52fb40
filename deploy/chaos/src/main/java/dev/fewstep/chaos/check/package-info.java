/**
 * Checks from the outside: what must hold of every history of the topics, of the store and of what
 * the replicas serve. It may read the contract's records; it may not ask the orchestrator's rules.
 */
package dev.fewstep.chaos.check;
