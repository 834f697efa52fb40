/**
 * What the page and downloads ask of the results that is more than one record of the state: trials
 * as columns, experiments with their best trial, the lineage of a trial, the command that repeats
 * it. Functions of the state, without clock, log and HTTP.
 */
package dev.fewstep.orchestrator.view;
