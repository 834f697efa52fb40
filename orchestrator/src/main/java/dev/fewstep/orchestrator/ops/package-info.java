/**
 * Operating the orchestrator: every meter and its name. Nothing here decides anything or knows
 * Kafka, HTTP or the store.
 */
package dev.fewstep.orchestrator.ops;
