/**
 * Everything that knows the tensor engine's peculiarities: starting it offline, operators that DJL
 * lacks, gradients confined to a thread, and seeds for random streams. No model, no file format and
 * no training loop may live here; the other packages should not need to know that TorchScript is
 * how the operators arrive.
 */
package dev.fewstep.worker.tensor;
