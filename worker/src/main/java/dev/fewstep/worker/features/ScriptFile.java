package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.worker.checkpoint.TensorFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive looked at without running it: sizes, the operators that its code names, the
 * signature of a method. What it says does not make code safe; it refuses what is plainly hostile
 * before libtorch reads it.
 */
final class ScriptFile {
  private static final long MAX_BYTES = 8L << 30;
  private static final long MAX_CODE = 64L << 20;
  private static final int MAX_ENTRIES = 200_000;
  private static final int MAX_RATIO = 256;

  /** Operators that reach outside the computation. */
  private static final Pattern OUTSIDE =
      Pattern.compile(
          "\\b(torch\\.(?:from_file|save|load|classes\\.\\w+)"
              + "|ops\\.(?:image|io|video|c10d|rpc|distributed|profiler|inductor)\\.\\w+"
              + "|__torch__\\.torch\\.classes\\.\\w+)");

  private static final Pattern CUDA = Pattern.compile("torch\\.device\\(\"cuda(?::\\d+)?\"\\)");

  private static final Pattern HALF_FACTORY = Pattern.compile("\\bdtype=5\\b");
  private static final String CONVERSION = "torch.to(";

  private final Path file;
  private final String root;
  private final Map<String, String> code;
  private final byte[] pickle;

  private ScriptFile(Path file, String root, Map<String, String> code, byte[] pickle) {
    this.file = file;
    this.root = root;
    this.code = code;
    this.pickle = pickle;
  }

  /** Whether a zip holds code as TorchScript archives do. */
  static boolean looksLike(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.stream().anyMatch(entry -> entry.getName().contains("/code/"));
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
  }

  /**
   * Reads the archive's table and its code.
   *
   * @throws TensorFormatException when it is damaged, larger than 8 GiB unpacked, or its code names
   *     an operator that touches files, the network or native classes
   */
  static ScriptFile read(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      String root = check(file, zip);
      Map<String, String> code = new LinkedHashMap<>();
      long total = 0;
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        if (entry.getName().startsWith(root + "code/") && entry.getName().endsWith(".py")) {
          String text = text(zip, entry, MAX_CODE - total);
          total += text.length();
          refuse(file, total >= MAX_CODE, "its code is larger than " + MAX_CODE + " bytes");
          Matcher outside = OUTSIDE.matcher(text);
          if (outside.find()) {
            throw new TensorFormatException(
                file, "its code calls " + outside.group() + ", which a network has no need of");
          }
          code.put(entry.getName(), text);
        }
      }
      byte[] pickle;
      try (InputStream in = zip.getInputStream(zip.getEntry(root + "data.pkl"))) {
        pickle = in.readNBytes((int) MAX_CODE);
      }
      return new ScriptFile(file, root, code, pickle);
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
  }

  private static String check(Path file, ZipFile zip) throws TensorFormatException {
    refuse(file, zip.size() > MAX_ENTRIES, "it has " + zip.size() + " entries");
    long bytes = 0;
    Optional<String> root = Optional.empty();
    Enumeration<? extends ZipEntry> entries = zip.entries();
    while (entries.hasMoreElements()) {
      ZipEntry entry = entries.nextElement();
      String name = entry.getName();
      boolean path = name.startsWith("/") || name.contains("..") || name.indexOf('\\') >= 0;
      refuse(file, path, "it has an entry named '" + name + "'");
      long size = entry.getSize();
      refuse(file, size < 0, "the entry '" + name + "' does not say its size");
      bytes += size;
      refuse(file, bytes > MAX_BYTES, "it unpacks to more than " + MAX_BYTES + " bytes");
      boolean bomb = size > 1 << 20 && size / MAX_RATIO > entry.getCompressedSize();
      refuse(file, bomb, "the entry '" + name + "' is compressed beyond belief");
      if (root.isEmpty() && name.endsWith("/data.pkl")) {
        root = Optional.of(name.substring(0, name.length() - "data.pkl".length()));
      }
    }
    return root.orElseThrow(() -> new TensorFormatException(file, "a zip without data.pkl"));
  }

  private static void refuse(Path file, boolean when, String why) throws TensorFormatException {
    if (when) {
      throw new TensorFormatException(file, why);
    }
  }

  private static String text(ZipFile zip, ZipEntry entry, long limit) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      return new String(in.readNBytes((int) Math.max(1, limit)), StandardCharsets.UTF_8);
    }
  }

  /** Whether its tensors or its code ask for half precision or for a CUDA device. */
  boolean needsRewriting(boolean cuda) {
    return half() || (!cuda && code.values().stream().anyMatch(text -> CUDA.matcher(text).find()));
  }

  /** Whether some of its tensors are float16. */
  boolean half() {
    return new String(pickle, StandardCharsets.ISO_8859_1).contains("torch\nHalfStorage\n");
  }

  /**
   * Writes a copy whose code names the device at hand and float32 in place of float16, as OpenAI's
   * {@code clip.load} does on a CPU. The tensors stay as they are.
   *
   * @param target where the copy goes
   * @param device such as {@code cpu}
   */
  void rewrite(Path target, String device) throws IOException {
    boolean half = half();
    try (ZipFile zip = new ZipFile(file.toFile());
        OutputStream out = Files.newOutputStream(target);
        ZipOutputStream copy = new ZipOutputStream(out)) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        String text = code.get(entry.getName());
        ZipEntry written = new ZipEntry(entry.getName());
        if (text == null) {
          if (entry.getMethod() == ZipEntry.STORED) {
            written.setMethod(ZipEntry.STORED);
            written.setSize(entry.getSize());
            written.setCrc(entry.getCrc());
          }
          copy.putNextEntry(written);
          try (InputStream in = zip.getInputStream(entry)) {
            in.transferTo(copy);
          }
        } else {
          copy.putNextEntry(written);
          copy.write(rewritten(text, device, half).getBytes(StandardCharsets.UTF_8));
        }
        copy.closeEntry();
      }
    }
  }

  static String rewritten(String text, String device, boolean half) {
    String here =
        CUDA.matcher(text).replaceAll(Matcher.quoteReplacement("torch.device(\"" + device + "\")"));
    return half ? conversions(HALF_FACTORY.matcher(here).replaceAll("dtype=6")) : here;
  }

  /** Float32 (6) for float16 (5) where a conversion's second or third argument is that. */
  private static String conversions(String text) {
    StringBuilder result = new StringBuilder(text);
    for (int at = text.indexOf(CONVERSION); at >= 0; at = text.indexOf(CONVERSION, at + 1)) {
      int depth = 0;
      int argument = 0;
      int begin = at + CONVERSION.length();
      for (int i = begin; i < text.length() && depth >= 0; i++) {
        char c = text.charAt(i);
        if (c == '(' || c == '[') {
          depth++;
        } else if (c == ')' || c == ']') {
          depth--;
        }
        if (depth < 0 || (depth == 0 && c == ',')) {
          boolean type = argument == 1 || argument == 2;
          if (type && text.substring(begin, i).strip().equals("5")) {
            result.setCharAt(text.lastIndexOf('5', i), '6');
          }
          argument++;
          begin = i + 1;
        }
      }
    }
    return result.toString();
  }

  /**
   * Names of the parameters of the root module's {@code forward}, without {@code self}.
   *
   * @throws IllegalArgumentException when its code cannot be found
   */
  List<String> forwardParameters() {
    String head = new String(pickle, 0, Math.min(4096, pickle.length), StandardCharsets.ISO_8859_1);
    Matcher type = Pattern.compile("c(__torch__[\\w.]*)\\n(\\w+)\\n").matcher(head);
    require(type.find(), "%s does not name its root module", file);
    String text = code.get(root + "code/" + type.group(1).replace('.', '/') + ".py");
    require(text != null, "%s holds no code of its root module %s", file, type.group(1));
    int begin = text.indexOf("class " + type.group(2) + "(");
    int end = begin < 0 ? -1 : text.indexOf("\nclass ", begin + 1);
    String body = begin < 0 ? "" : text.substring(begin, end < 0 ? text.length() : end);
    Matcher forward = Pattern.compile("def forward\\(self:([^)]*)\\)").matcher(body);
    require(forward.find(), "%s has no method 'forward'", file);
    List<String> names = new ArrayList<>();
    Matcher parameter = Pattern.compile(",\\s*(\\w+)\\s*:").matcher(forward.group(1));
    while (parameter.find()) {
      names.add(parameter.group(1));
    }
    return names;
  }
}
