/**
 * What the fleet did over time, as a few fixed panels: from Prometheus where there is one, else
 * from samples of this process. No other class asks Prometheus, and nobody's text becomes a query.
 */
package dev.fewstep.orchestrator.panel;
