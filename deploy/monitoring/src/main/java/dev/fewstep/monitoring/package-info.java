/**
 * What is seen of an installation from outside: Grafana's dashboards, written from code, and the
 * checks of Prometheus' rules. It knows names of metrics and nothing of the program itself.
 */
package dev.fewstep.monitoring;
