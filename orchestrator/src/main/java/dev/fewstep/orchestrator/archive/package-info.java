/**
 * Files of archived experiments: written by a replica from its fold before the core lets the
 * experiment go, and read back whenever somebody asks for it. Also the retention that archives by
 * itself.
 */
package dev.fewstep.orchestrator.archive;
