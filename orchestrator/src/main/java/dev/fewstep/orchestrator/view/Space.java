package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

/**
 * A feature space that an experiment is scored in.
 *
 * @param name as the specification writes it
 * @param id name under which scores in it are kept
 * @param trained whether the first trial is trained in it
 * @param protocol name of what a Fréchet distance in it depends on
 */
public record Space(String name, String id, boolean trained, String protocol) {
  public Space {
    requireNonNull(name, "name");
    requireNonNull(id, "id");
    requireNonNull(protocol, "protocol");
  }

  /** What its Fréchet distance is called, such as FID or FD-DINOv2. */
  String frechet() {
    String named = protocol.substring(0, protocol.indexOf('['));
    return named.substring(0, named.lastIndexOf('-'));
  }
}
