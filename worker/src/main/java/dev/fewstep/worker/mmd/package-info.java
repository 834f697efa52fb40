/**
 * The maximum mean discrepancy of two sets of feature vectors, its kernels and its gradient in
 * closed form, in double precision. It knows vectors only: no image, no network, no training.
 */
package dev.fewstep.worker.mmd;
