/**
 * The one bridge into DJL's PyTorch binding that its public API does not offer: running a named
 * method of a TorchScript module with gradients. It lives in DJL's package because the native entry
 * points are package-private there. Nothing else may be put here; the rest of fewstep uses {@link
 * ai.djl.pytorch.jni.ScriptModule} only.
 */
package ai.djl.pytorch.jni;
