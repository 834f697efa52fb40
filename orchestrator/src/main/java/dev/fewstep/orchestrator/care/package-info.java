/**
 * Looking after what has been decided and stored: which artifacts the state needs, freeing those
 * that it does not, reading them all again, and examining a whole installation. Nothing here
 * decides about tasks or writes state. Knows the store and the log's plain facts, no Kafka client
 * and no HTTP.
 */
package dev.fewstep.orchestrator.care;
