/**
 * Images as PNG files: sheets of samples for people, and single 8-bit images. No text is drawn, so
 * that no fonts are needed.
 */
package dev.fewstep.worker.image;
