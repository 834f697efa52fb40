/**
 * A Kafka broker and an S3 store inside one JVM, for {@code fewstep up}, {@code fewstep demo} and
 * tests. Both listen on the loopback interface only and keep their data in one directory that
 * survives restarts and crashes. Nothing here knows topics, buckets, experiments or tasks; nothing
 * here is meant for a network of machines.
 */
package dev.fewstep.embedded;
