/**
 * Files of weights from elsewhere: downloading them, knowing the well-known ones, turning them into
 * the one form that fewstep's networks are loaded from, and saying what is in them. Nothing here is
 * ever executed from such a file, and nothing here talks to a fewstep server.
 */
package dev.fewstep.cli.weights;
