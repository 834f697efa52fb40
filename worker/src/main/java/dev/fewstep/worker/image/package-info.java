/**
 * Images and files: PNG, JPEG and WebP decoded to Pillow's pixels, Pillow's resampling, single
 * 8-bit PNGs, and sheets of samples for people. No text is drawn, so that no fonts are needed.
 * Image files are treated as hostile. Datasets and the engine's arrays are not here.
 */
package dev.fewstep.worker.image;
