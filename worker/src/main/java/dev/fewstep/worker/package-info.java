/**
 * A worker as a process runs it: its configuration, its start and its stop. Everything it does is
 * in the packages below; the command line and tests begin here.
 */
package dev.fewstep.worker;
