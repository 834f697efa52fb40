/**
 * Words that every other package of the contract shares: kinds and states of tasks, artifacts,
 * topic names and the one JSON mapper. Nothing here does I/O or knows Kafka, HTTP or DJL.
 */
package dev.fewstep.schemas;
