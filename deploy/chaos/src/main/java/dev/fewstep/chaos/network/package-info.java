/**
 * The bad network: a proxy between one process and one server. It knows bytes and one HTTP answer,
 * and neither Kafka nor faults.
 */
package dev.fewstep.chaos.network;
