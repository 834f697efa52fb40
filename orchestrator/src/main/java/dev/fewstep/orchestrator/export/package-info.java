/**
 * Tables as files of formats that other programs read: CSV, JSON, Parquet. Names and texts come
 * from people and are written so that no program runs them.
 */
package dev.fewstep.orchestrator.export;
