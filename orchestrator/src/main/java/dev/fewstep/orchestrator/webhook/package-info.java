/**
 * Tells webhooks what the state says they are to be told: which addresses may be reached, the
 * signature, one POST, and the note of what became of it. What is told, and when it is tried again,
 * is decided by the core.
 */
package dev.fewstep.orchestrator.webhook;
