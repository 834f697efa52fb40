/**
 * Experiments as single files that travel between installations: written from the state and the
 * store, and read back as what strangers sent. Decides nothing: what is taken in goes through the
 * inbox like everything else. Knows the store and no HTTP.
 */
package dev.fewstep.orchestrator.transfer;
