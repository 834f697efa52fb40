package dev.fewstep.orchestrator.webhook;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/** Tells addresses of the public internet from all others. */
final class Addresses {
  private Addresses() {}

  /** Whether an address is of the public internet. */
  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    if (address instanceof Inet4Address) {
      boolean shared = first == 100 && second >= 64 && second < 128;
      boolean protocol = first == 192 && second == 0 && (bytes[2] == 0 || bytes[2] == 2);
      boolean bench = first == 198 && (second == 18 || second == 19);
      return first != 0 && first < 240 && !shared && !protocol && !bench;
    }
    // Of IPv6 only global unicast, without what stands for an IPv4 address: 6to4 and Teredo.
    boolean global = (first & 0xe0) == 0x20;
    boolean tunnel =
        (first == 0x20 && second == 0x02)
            || (first == 0x20 && second == 0x01 && bytes[2] == 0 && bytes[3] == 0);
    return address instanceof Inet6Address && global && !tunnel;
  }
}
