/**
 * What a person submits: the experiment specification as records that cannot be wrong. Reading YAML
 * and JSON, validation against the published schema and expansion of the grid live here too. No
 * digests and no task keys: those come with planning.
 */
package dev.fewstep.schemas.spec;
