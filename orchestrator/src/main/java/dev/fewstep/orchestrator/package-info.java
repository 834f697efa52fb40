/**
 * The orchestrator put together by hand: log, store, API and their life. The pure core is in {@code
 * experiment}; nothing here decides.
 */
package dev.fewstep.orchestrator;
