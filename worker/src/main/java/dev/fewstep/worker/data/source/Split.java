package dev.fewstep.worker.data.source;

import java.util.Locale;

/** The part of a dataset that is imported. */
public enum Split {
  /** What a model is trained on. */
  TRAIN,
  /** What choices are made on. */
  VALID,
  /** What a result is measured on. */
  TEST,
  /** Everything that the source holds. */
  ALL;

  /** The name that people read and write. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
