package dev.fewstep.chaos.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out ports below those that the system gives to clients, so that a server finds its own free
 * when it is started again.
 */
final class Ports {
  private static final Logger LOG = LoggerFactory.getLogger(Ports.class);
  private static final int LEAST = 20_000;
  private static final int MOST = 32_000;

  private int next = LEAST + ThreadLocalRandom.current().nextInt((MOST - LEAST) / 2);

  /** A port that is free now and is handed out once. */
  synchronized int take() {
    while (next < MOST) {
      int port = next++;
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException taken) {
        LOG.debug("Port {} is taken", port, taken);
      }
    }
    throw new IllegalStateException("no port is free between " + LEAST + " and " + MOST);
  }
}
