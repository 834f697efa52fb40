/**
 * Which faults there are and in which order a seed brings them. Pure; who does them is in {@code
 * cluster}.
 */
package dev.fewstep.chaos.fault;
