/**
 * The orchestrator's side of the object store: whether artifacts exist, their bytes for people, and
 * the bytes of imported inputs. Everything here blocks and belongs on worker threads. Nothing here
 * knows Kafka, HTTP or the state.
 */
package dev.fewstep.orchestrator.artifact;
