/**
 * Denoisers and sampling: noise schedules, timesteps, the DDIM update and the U-Net. Nothing here
 * knows a loss, an optimiser, a dataset or a file format; a denoiser is a function with named
 * parameters.
 */
package dev.fewstep.worker.diffusion;
