/**
 * The published MMD-DDM and DDIM repositories' configurations and command lines, turned into
 * fewstep's specifications and verbs. Nothing here trains or samples: it reads, decides, writes
 * text and calls the verbs of the program.
 */
package dev.fewstep.cli.published;
