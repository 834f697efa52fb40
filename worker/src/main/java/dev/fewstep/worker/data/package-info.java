/**
 * Real images, decoded once to bytes and served as float batches in [0, 1]: from the canonical
 * {@code .npz}, which stays mapped where it lies, from IDX files and from folders. Every file is
 * treated as hostile: sizes are checked before memory is asked for. Nothing here downloads.
 */
package dev.fewstep.worker.data;
