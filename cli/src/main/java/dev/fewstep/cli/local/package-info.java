/**
 * Verbs that need no server: they run the worker's own programs in this process, on files. What
 * they compute is bit for bit what a worker computes from the same specification.
 */
package dev.fewstep.cli.local;
