/**
 * Backup and restore of a whole installation: the committed state, the part of the inbox that it
 * has not decided, and every artifact that either refers to, in a folder that explains itself.
 * Works without an orchestrator, on Kafka and the store directly. Files of a backup are hostile
 * until checked.
 */
package dev.fewstep.orchestrator.backup;
