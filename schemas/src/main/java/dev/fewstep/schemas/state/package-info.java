/**
 * What the orchestrator keeps: one record per entity of the compacted state topic. The records hold
 * the grid, not its product, and carry a schema version.
 */
package dev.fewstep.schemas.state;
