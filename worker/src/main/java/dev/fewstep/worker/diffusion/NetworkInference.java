package dev.fewstep.worker.diffusion;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.NetworkSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a network's specification off the names and shapes of its tensors, as far as they say it:
 * channels, width, multipliers, residual blocks, levels with attention, how levels are joined, and
 * for OpenAI's networks also scale-shift, learned variance and classes. The rest must be said:
 * imageSize always; for OpenAI's networks heads or headChannels (newAttentionOrder where it is
 * true) and schedule. Other fields have their usual default.
 */
public final class NetworkInference {
  private static final Pattern INDEX = Pattern.compile("([a-z_]+)\\.(\\d{1,4})\\..+");

  private static final int MAX = 1 << 20;

  private final Map<String, long[]> shapes;
  private final ObjectNode hints;
  private final ObjectNode found = Json.specs().createObjectNode();

  private NetworkInference(Map<String, long[]> shapes, NetworkHints hints) {
    this.shapes = shapes;
    this.hints = hints.fields();
  }

  /**
   * Infers the specification of the network that has these tensors.
   *
   * @param shapes name to shape, under the names of DDIM or of improved- and guided-diffusion,
   *     without wrappers such as {@code module.}
   * @param hints what is known beside
   * @return the specification; that the tensors are all there is only seen when they are loaded
   * @throws IllegalArgumentException when the network is unknown, a hint contradicts the tensors,
   *     or something must be said that they do not tell; all of the latter are named at once
   */
  public static NetworkSpec infer(Map<String, long[]> shapes, NetworkHints hints) {
    NetworkInference inference = new NetworkInference(shapes, hints);
    if (shapes.containsKey("temb.dense.0.weight")) {
      inference.ddim();
    } else if (shapes.containsKey("time_embed.0.weight")) {
      inference.openAi();
    } else {
      throw new IllegalArgumentException(
          "These are not the tensors of a known denoiser: none is named 'temb.dense.0.weight' (DDIM)"
              + " or 'time_embed.0.weight' (improved- or guided-diffusion); the first of "
              + shapes.size()
              + " names are "
              + shapes.keySet().stream().sorted().limit(3).toList());
    }
    return inference.spec();
  }

  /**
   * The specification of a TorchScript module {@code (x, t) -> prediction}, whose tensors tell
   * nothing.
   *
   * @param hints what is known; the image's size and channels at least
   * @return the specification
   * @throws IllegalArgumentException when one of these is not said, or a field belongs to other
   *     networks
   */
  public static NetworkSpec scripted(NetworkHints hints) {
    NetworkInference inference = new NetworkInference(Map.of(), hints);
    inference.need(List.of("imageSize", "channels"));
    inference.found.put("architecture", "torchscript");
    return inference.spec();
  }

  // ---- DDIM -------------------------------------------------------------------------------------

  private void ddim() {
    need(List.of("imageSize"));
    found.put("architecture", "ddim");
    int width = at("conv_in.weight", 4, 0);
    int patch = hints.path("patch").asInt(1);
    if (patch < 1 || patch > 64) {
      throw new IllegalArgumentException("patch must be 1 to 64, not " + patch);
    }
    found.put("channels", divided(at("conv_in.weight", 4, 1), patch * patch, "conv_in.weight"));
    found.put("width", width);
    int levels = count(i -> has("down." + i + ".block.0.conv1.weight"));
    if (levels == 0) {
      throw new IllegalArgumentException(
          "The tensors hold no 'down.0.block.0.conv1.weight', the first residual block");
    }
    List<Integer> multipliers = new ArrayList<>();
    List<Integer> attending = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      String name = "down." + level + ".block.0.conv1.weight";
      multipliers.add(divided(at(name, 4, 0), width, name));
      if (has("down." + level + ".attn.0.q.weight")) {
        attending.add(level);
      }
    }
    int blocks = count(i -> has("down.0.block." + i + ".conv1.weight"));
    finish(multipliers, blocks, attending, patch);
    if (levels > 1) {
      found.put("resampConv", has("down.0.downsample.conv.weight"));
    }
  }

  // ---- improved- and guided-diffusion
  // ---------------------------------------------------------------

  private void openAi() {
    List<String> needed = new ArrayList<>(List.of("imageSize", "schedule"));
    if (!hints.has("headChannels")) {
      needed.add("heads");
    }
    need(needed);
    found.put("architecture", "openai");
    int width = at("time_embed.0.weight", 2, 1);
    int channels = at("input_blocks.0.0.weight", 4, 1);
    found.put("channels", channels);
    found.put("width", width);
    int outputs = divided(at("out.2.weight", 4, 0), channels, "out.2.weight");
    if (outputs > 2) {
      throw new IllegalArgumentException(
          "out.2.weight makes " + outputs + " times the image's channels, expected 1 or 2 times");
    }
    found.put("learnedSigma", outputs == 2);
    found.put("classes", has("label_emb.weight") ? at("label_emb.weight", 2, 0) : 0);
    int count = blockCount("output_blocks");
    int perLevel = upLevel(count);
    int levels = divided(count, perLevel, "output_blocks");
    if (blockCount("input_blocks") != count || perLevel < 2) {
      throw new IllegalArgumentException(
          "The U-Net has "
              + blockCount("input_blocks")
              + " input and "
              + count
              + " output blocks of "
              + perLevel
              + " a level, expected equally many and at least 2 a level");
    }
    List<Integer> multipliers = new ArrayList<>();
    List<Integer> attending = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      String block = "input_blocks." + (level * perLevel + 1);
      String name = block + ".0.out_layers.3.weight";
      multipliers.add(divided(at(name, 4, 0), width, name));
      if (has(block + ".1.qkv.weight")) {
        attending.add(level);
      }
    }
    String block = "input_blocks.1.0.";
    found.put(
        "scaleShift",
        at(block + "emb_layers.1.weight", 2, 0) == 2 * at(block + "out_layers.3.weight", 4, 0));
    finish(multipliers, perLevel - 1, attending, 1);
    if (levels > 1) {
      boolean residual = has("input_blocks." + perLevel + ".0.in_layers.0.weight");
      found.put("resblockUpdown", residual);
      if (!residual) {
        found.put("resampConv", has("input_blocks." + perLevel + ".0.op.weight"));
      }
    }
  }

  /** Blocks a level on the way up: those before and with the first that ends in an upsampling. */
  private int upLevel(int count) {
    for (int i = 0; i < count; i++) {
      String block = "output_blocks." + i + ".";
      for (int child = 1; child <= 2; child++) {
        if (has(block + child + ".conv.weight") || has(block + child + ".in_layers.0.weight")) {
          return i + 1;
        }
      }
    }
    for (int i = 1; i < count; i++) {
      if (!has("input_blocks." + i + ".0.in_layers.0.weight")) {
        return i; // pooling has no tensors and leaves a gap
      }
    }
    return count;
  }

  private int blockCount(String list) {
    int count = 0;
    for (String name : shapes.keySet()) {
      Matcher matcher = INDEX.matcher(name);
      if (matcher.matches() && matcher.group(1).equals(list)) {
        count = Math.max(count, Integer.parseInt(matcher.group(2)) + 1);
      }
    }
    return count;
  }

  // ---- both -------------------------------------------------------------------------------------

  private void finish(List<Integer> multipliers, int blocks, List<Integer> attending, int patch) {
    found.set("multipliers", Json.specs().valueToTree(multipliers));
    found.put("resBlocks", blocks);
    int size = hints.path("imageSize").asInt() / patch;
    found.set(
        "attention",
        Json.specs().valueToTree(attending.stream().map(level -> size >> level).toList()));
  }

  private void need(List<String> fields) {
    List<String> missing = fields.stream().filter(field -> !hints.has(field)).toList();
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "The tensors do not tell " + String.join(", ", missing) + " of the network: say so");
    }
  }

  private NetworkSpec spec() {
    hints
        .properties()
        .forEach(
            hint -> {
              JsonNode told = found.get(hint.getKey());
              boolean agrees =
                  told == null
                      || told.equals(hint.getValue())
                      || sameNumbers(hint.getKey(), told, hint.getValue());
              if (!agrees) {
                throw new IllegalArgumentException(
                    "The tensors are of a network with "
                        + hint.getKey()
                        + " "
                        + told
                        + ", but "
                        + hint.getValue()
                        + " was said");
              }
            });
    found.setAll(hints);
    try {
      return Json.specs().treeToValue(found, NetworkSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("The network is refused: " + e.getOriginalMessage(), e);
    }
  }

  /** Attention may be said in any order, and for sizes that the network never reaches. */
  private boolean sameNumbers(String field, JsonNode told, JsonNode said) {
    if (!field.equals("attention") || !said.isArray()) {
      return told.isNumber() && said.isNumber() && told.asDouble() == said.asDouble();
    }
    List<Integer> sizes = new ArrayList<>();
    for (int level = 0; level < found.get("multipliers").size(); level++) {
      sizes.add((hints.path("imageSize").asInt() / hints.path("patch").asInt(1)) >> level);
    }
    List<Integer> reached = new ArrayList<>();
    said.forEach(
        size -> {
          if (sizes.contains(size.asInt()) && !reached.contains(size.asInt())) {
            reached.add(size.asInt());
          }
        });
    List<Integer> expected = new ArrayList<>();
    told.forEach(size -> expected.add(size.asInt()));
    return reached.size() == expected.size() && reached.containsAll(expected);
  }

  private boolean has(String name) {
    return shapes.containsKey(name);
  }

  private static int count(IntPredicate exists) {
    int count = 0;
    while (count < 1000 && exists.test(count)) {
      count++;
    }
    return count;
  }

  private int at(String name, int rank, int axis) {
    long[] shape = shapes.get(name);
    if (shape == null) {
      throw new IllegalArgumentException("The tensor '" + name + "' of the network is missing");
    }
    if (shape.length != rank || shape[axis] < 1 || shape[axis] > MAX) {
      throw new IllegalArgumentException(
          "The tensor '"
              + name
              + "' has shape "
              + Arrays.toString(shape)
              + ", expected "
              + rank
              + " dimensions of 1 to 1048576");
    }
    return (int) shape[axis];
  }

  private static int divided(int number, int by, String name) {
    if (by < 1 || number % by != 0) {
      throw new IllegalArgumentException(
          "In '" + name + "', " + number + " is not a multiple of " + by);
    }
    return number / by;
  }
}
