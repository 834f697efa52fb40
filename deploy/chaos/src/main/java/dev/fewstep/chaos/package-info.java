/**
 * The chaos program: starts a whole installation of real processes, gives it work, breaks it by a
 * seeded schedule, and reports whether anything was lost or counted twice. No part of the product;
 * nothing depends on it.
 */
package dev.fewstep.chaos;
