package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which network a denoiser is. */
public enum Architecture {
  /** The U-Net of DDPM, DDIM and diffusers' {@code UNet2DModel} with the same layers. */
  @JsonProperty("ddim")
  DDIM,
  /** The U-Net of improved-diffusion and guided-diffusion. */
  @JsonProperty("openai")
  OPENAI,
  /** Any TorchScript module from images and timesteps to the prediction. */
  @JsonProperty("torchscript")
  TORCHSCRIPT
}
