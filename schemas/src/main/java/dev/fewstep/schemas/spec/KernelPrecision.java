package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Floating-point type in which kernels and the MMD are computed. */
public enum KernelPrecision {
  /** 64 bits, as the published CIFAR-10 training. */
  @JsonProperty("float64")
  FLOAT64,
  /** 32 bits, as the other published trainings. */
  @JsonProperty("float32")
  FLOAT32
}
