/**
 * The installation as child processes, and who breaks it. It knows which process is where and how
 * to hurt it, and nothing of what the processes ought to do.
 */
package dev.fewstep.chaos.cluster;
