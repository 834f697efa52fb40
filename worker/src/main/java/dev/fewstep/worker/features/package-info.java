/**
 * Frozen networks that turn images into feature vectors, and the training of the small ones that
 * ship. No Kafka, no object store, no task: files and arrays in, arrays out.
 */
package dev.fewstep.worker.features;
