/**
 * Artifacts between the local disk and a content-addressed store: the port, its two adapters (S3
 * and a directory) and the bounded local cache. Every file that comes in is checked against its
 * digest, and no half-made file is ever visible under its final name. Nothing here knows what an
 * artifact means, Kafka or DJL.
 */
package dev.fewstep.worker.artifact;
