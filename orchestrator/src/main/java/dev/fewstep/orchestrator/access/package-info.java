/**
 * Who may do what: tokens, callers, the role that every operation requires, and which experiments a
 * caller sees. Functions of a request's credentials, the state and a time: nothing here speaks HTTP
 * (that is {@code api.AccessGate}) or reads a clock. A secret's text is in {@link
 * dev.fewstep.orchestrator.access.TokenText} only, which does not print it.
 */
package dev.fewstep.orchestrator.access;
