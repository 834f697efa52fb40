package dev.fewstep.chaos.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.chaos.network.FaultyProxy.Mode;
import io.vertx.core.Vertx;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** Whatever a network does to a connection, its bytes come in order. */
class FaultyProxyTest {
  private static final int NUMBERS = 200_000;

  @Test
  void bytesKeepTheirOrderWhileTheNetworkChanges() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      Thread sender = new Thread(() -> send(server));
      try (FaultyProxy proxy = FaultyProxy.start(vertx, port, server.getLocalPort());
          Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
          DataInputStream numbers = new DataInputStream(socket.getInputStream())) {
        sender.start();
        Mode[] modes = {Mode.SLOW, Mode.PASS, Mode.SLOW, Mode.BLOCK_ANSWERS, Mode.PASS};
        for (int i = 0; i < NUMBERS; i++) {
          if (i % 20_000 == 0) {
            proxy.set(modes[i / 20_000 % modes.length]);
            if (modes[i / 20_000 % modes.length] == Mode.BLOCK_ANSWERS) {
              Thread.sleep(200);
              proxy.set(Mode.SLOW);
            }
          }
          assertThat(numbers.readInt()).isEqualTo(i);
        }
      }
      sender.join();
    } finally {
      vertx.close().await();
    }
  }

  private static void send(ServerSocket server) {
    try (Socket socket = server.accept();
        DataOutputStream numbers = new DataOutputStream(socket.getOutputStream())) {
      for (int i = 0; i < NUMBERS; i++) {
        numbers.writeInt(i);
        // A little at a time, so that pieces are under way whenever the network changes.
        if (i % 5_000 == 0) {
          numbers.flush();
          Thread.sleep(5);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
