/**
 * Benchmarks: JMH for single operations, small programs for whole training steps that the scripts
 * of {@code deploy/bench} pair with PyTorch in the same run. Nothing here is part of the product.
 */
package dev.fewstep.bench;
