/**
 * The forms in which public datasets come (archives, folders, LMDB, CIFAR's and ImageNet's batches)
 * and their conversion to the one form in which a dataset travels. Sources are read image by image,
 * decoded and fitted in parallel, and written as they come, in memory that does not grow with the
 * dataset. Nothing is unpacked to the disk, no pickle is executed, and every file is treated as
 * hostile. Training does not come here.
 */
package dev.fewstep.worker.data.source;
