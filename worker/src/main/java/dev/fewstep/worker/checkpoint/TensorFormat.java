package dev.fewstep.worker.checkpoint;

/** The forms of files of tensors. */
public enum TensorFormat {
  SAFETENSORS(".safetensors"),
  NPZ(".npz"),
  PTH_ZIP(".pth (zip)"),
  PTH_LEGACY(".pth (before PyTorch 1.6)");

  private final String label;

  TensorFormat(String label) {
    this.label = label;
  }

  /** For people. */
  public String label() {
    return label;
  }
}
