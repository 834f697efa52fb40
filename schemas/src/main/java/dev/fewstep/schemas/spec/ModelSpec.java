package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;

import java.util.Optional;

/**
 * The base model: imported weights, or a network to pretrain. Exactly one of them.
 *
 * @param weights name of the imported weights
 * @param pretrain training of the base model
 */
public record ModelSpec(Optional<String> weights, Optional<PretrainSpec> pretrain) {
  public ModelSpec {
    weights = weights == null ? Optional.empty() : weights;
    pretrain = pretrain == null ? Optional.empty() : pretrain;
    require(
        weights.isPresent() != pretrain.isPresent(),
        "a model has either 'weights' or 'pretrain', exactly one of them");
  }
}
