/**
 * What nightly benchmarks are judged by and how their history is shown: functions of scores and
 * records. When something runs is decided elsewhere, and nothing here has a clock or is sent
 * anywhere.
 */
package dev.fewstep.orchestrator.nightly;
