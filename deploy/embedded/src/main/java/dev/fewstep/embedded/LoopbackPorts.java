package dev.fewstep.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Finds and checks TCP ports of the loopback interface. */
final class LoopbackPorts {
  static final String HOST = "127.0.0.1";

  private LoopbackPorts() {}

  static void requireValid(String service, int port) {
    if (port < 0 || port > 65535) {
      throw new EmbeddedException(
          "The " + service + " port is " + port + ", but a port is 1 to 65535, or 0 for any.");
    }
  }

  /** Whether a server could listen on the port at this moment. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      bind(socket, port);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** As many different free ports as asked for; they are free when this returns, not reserved. */
  static int[] free(int count) {
    ServerSocket[] sockets = new ServerSocket[count];
    int[] ports = new int[count];
    try {
      for (int i = 0; i < count; i++) {
        sockets[i] = new ServerSocket();
        bind(sockets[i], 0);
        ports[i] = sockets[i].getLocalPort();
      }
    } catch (IOException e) {
      throw new EmbeddedException("No free port could be had on " + HOST + ".", e);
    } finally {
      for (ServerSocket socket : sockets) {
        closeQuietly(socket);
      }
    }
    return ports;
  }

  static EmbeddedException taken(String service, int port, Throwable cause) {
    return new EmbeddedException(
        "Port "
            + port
            + " on "
            + HOST
            + " is taken by another program, so "
            + service
            + " cannot listen there: stop that program or choose another port.",
        cause);
  }

  static void requireFree(String service, int port) {
    if (!isFree(port)) {
      throw taken(service, port, null);
    }
  }

  private static void bind(ServerSocket socket, int port) throws IOException {
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
  }

  private static void closeQuietly(ServerSocket socket) {
    if (socket == null) {
      return;
    }
    try {
      socket.close();
    } catch (IOException e) {
      throw new EmbeddedException("A probing socket could not be closed.", e);
    }
  }
}
