/**
 * Optimisation: Adam, averaged weights, learning rates, denoising pretraining and MMD finetuning,
 * with checkpoints that resume bit by bit. It may use the denoisers, kernels, extractors and
 * datasets of its sister packages; it knows no file format, no task and no message.
 */
package dev.fewstep.worker.training;
