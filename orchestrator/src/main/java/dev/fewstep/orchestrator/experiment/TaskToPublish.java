package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.TaskMessage;

/** A task message and the device class whose topic it goes to. */
public record TaskToPublish(String deviceClass, TaskMessage message) {
  public TaskToPublish {
    requireNonNull(deviceClass, "deviceClass");
    requireNonNull(message, "message");
  }
}
