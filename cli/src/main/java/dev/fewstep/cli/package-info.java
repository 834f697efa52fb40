/**
 * The one program, {@code fewstep}: parsing, settings, output and the verbs that talk to a server.
 * It may use every other module; nothing may use it. No decision of the orchestrator and no
 * mathematics lives here.
 */
package dev.fewstep.cli;
