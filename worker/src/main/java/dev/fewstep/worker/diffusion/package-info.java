/**
 * Denoisers and sampling: noise schedules, timesteps, the DDIM update, the U-Nets of DDIM and of
 * OpenAI, TorchScript modules, and what names and shapes of tensors say about a network. Nothing
 * here knows a loss, an optimiser, a dataset or a file format; a denoiser is a function with named
 * parameters.
 */
package dev.fewstep.worker.diffusion;
