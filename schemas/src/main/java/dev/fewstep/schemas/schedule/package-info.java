/**
 * What a person sets about experiments that come again: when, which, what is kept of them, how
 * their scores are judged, and who is told. Only values; when a slot is due is the orchestrator's.
 */
package dev.fewstep.schemas.schedule;
