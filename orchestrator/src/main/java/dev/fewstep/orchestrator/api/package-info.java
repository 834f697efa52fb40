/**
 * The HTTP side of the orchestrator: the OpenAPI contract, requests validated against it, views of
 * the state as JSON, server-sent events and the dashboard's files. Nothing here decides; event
 * loops never block, so whatever waits, reads the state or talks to the store runs on workers.
 */
package dev.fewstep.orchestrator.api;
