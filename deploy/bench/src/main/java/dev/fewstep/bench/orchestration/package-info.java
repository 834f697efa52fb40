/**
 * Throughput, latency and size of the orchestration: a broker with an object store and a replica of
 * the orchestrator as processes, devices that are real worker loops around a task that does
 * nothing, and the ring of Kafka alone to compare with. Nothing here is part of the product.
 */
package dev.fewstep.bench.orchestration;
