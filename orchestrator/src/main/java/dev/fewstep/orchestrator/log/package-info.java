/**
 * The Kafka side of the orchestrator: topics, the leader's transactional loop, the tail of the
 * state that every replica keeps, commands on their way in and metrics on their way out. What is
 * decided is decided elsewhere; this package only moves records and never blocks an event loop.
 */
package dev.fewstep.orchestrator.log;
