/**
 * Real images from IDX files, folders and {@code .npz} archives, decoded once to bytes and served
 * as float batches in [0, 1]. Every file is treated as hostile: sizes are checked before memory is
 * asked for. Nothing here downloads.
 */
package dev.fewstep.worker.data;
