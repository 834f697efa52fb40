/**
 * When something is due: cron expressions in time zones. A function of its arguments: no clock, no
 * state, and nothing of what is done at a slot.
 */
package dev.fewstep.orchestrator.schedule;
