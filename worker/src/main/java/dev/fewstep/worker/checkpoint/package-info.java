/**
 * Named tensors in files: {@code .safetensors}, {@code .npz} and PyTorch's {@code .pth} in both of
 * its forms. A file is hostile until it is read: sizes are checked before memory is asked for, and
 * a pickle builds nothing but tensors, lists and dictionaries. What a name means to a network is
 * not known here.
 */
package dev.fewstep.worker.checkpoint;
