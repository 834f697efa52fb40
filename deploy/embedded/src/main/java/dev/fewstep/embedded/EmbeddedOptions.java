package dev.fewstep.embedded;

/**
 * Ports of the embedded services, each 0 to 65535. 0 means the port of the previous start on the
 * same data directory where that one is free, else any free port. Any other value is taken exactly
 * or the start fails.
 *
 * @param kafkaPort port of the Kafka broker
 * @param s3Port port of the S3 store
 */
public record EmbeddedOptions(int kafkaPort, int s3Port) {
  /**
   * @throws EmbeddedException if a port is out of range or both are the same
   */
  public EmbeddedOptions {
    LoopbackPorts.requireValid("Kafka", kafkaPort);
    LoopbackPorts.requireValid("S3", s3Port);
    if (kafkaPort != 0 && kafkaPort == s3Port) {
      throw new EmbeddedException(
          "Kafka and the S3 store cannot share port " + kafkaPort + ": give each its own.");
    }
  }

  /** Recorded or free ports for both. */
  public static EmbeddedOptions anyPorts() {
    return new EmbeddedOptions(0, 0);
  }
}
