package dev.fewstep.cli;

import dev.fewstep.schemas.spec.PredictionKind;
import dev.fewstep.worker.diffusion.NetworkHints;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a person knows of a network beside its tensors. */
final class WeightsOptions {
  @Option(
      names = "--select",
      paramLabel = "PATH",
      description =
          "where the parameters are: ema, model, all, an index such as 4, a path such as /state_dict/net"
              + " (default: the EMA, else the model)")
  private String select;

  @Option(names = "--image-size", paramLabel = "PIXELS", description = "size of the images")
  private Integer imageSize;

  @Option(
      names = "--image-channels",
      paramLabel = "N",
      description = "channels of the images (TorchScript modules; known of the others)")
  private Integer channels;

  @Option(
      names = "--schedule",
      paramLabel = "KIND[:T]",
      description =
          "noise schedule: linear, quad, const, jsd, sigmoid or cosine, and its timesteps, such as"
              + " cosine:4000")
  private String schedule;

  @Option(names = "--prediction", description = "${COMPLETION-CANDIDATES}")
  private PredictionKind prediction;

  @Option(names = "--dropout", paramLabel = "P", description = "dropout while finetuning")
  private Double dropout;

  @Option(names = "--groups", paramLabel = "N", description = "groups of the normalisation")
  private Integer groups;

  @Option(names = "--patch", paramLabel = "N", description = "space-to-depth factor (ddim)")
  private Integer patch;

  @Option(names = "--heads", paramLabel = "N", description = "attention heads (openai)")
  private Integer heads;

  @Option(
      names = "--head-channels",
      paramLabel = "N",
      description = "channels of one attention head (openai)")
  private Integer headChannels;

  @Option(
      names = "--new-attention-order",
      description = "queries, keys and values are split before the heads (openai)")
  private boolean newAttentionOrder;

  @Option(names = "--rescale-timesteps", description = "the network is given t 1000 / T (openai)")
  private boolean rescaleTimesteps;

  Optional<String> select() {
    return Optional.ofNullable(select);
  }

  boolean given() {
    return select != null
        || imageSize != null
        || channels != null
        || schedule != null
        || prediction != null
        || dropout != null
        || groups != null
        || patch != null
        || heads != null
        || headChannels != null
        || newAttentionOrder
        || rescaleTimesteps;
  }

  NetworkHints hints() {
    NetworkHints hints = NetworkHints.none();
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("imageSize", imageSize);
    fields.put("channels", channels);
    fields.put("prediction", prediction);
    fields.put("dropout", dropout);
    fields.put("groups", groups);
    fields.put("patch", patch);
    fields.put("heads", heads);
    fields.put("headChannels", headChannels);
    fields.put("newAttentionOrder", newAttentionOrder ? Boolean.TRUE : null);
    fields.put("rescaleTimesteps", rescaleTimesteps ? Boolean.TRUE : null);
    fields.put("schedule", schedule == null ? null : schedule(schedule));
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      if (field.getValue() != null) {
        hints = hints.with(field.getKey(), field.getValue());
      }
    }
    return hints;
  }

  private static Map<String, Object> schedule(String text) {
    String[] parts = text.split(":", 2);
    Map<String, Object> schedule = new LinkedHashMap<>();
    schedule.put("kind", parts[0].toLowerCase(Locale.ROOT));
    try {
      if (parts.length > 1) {
        schedule.put("trainTimesteps", Integer.parseInt(parts[1]));
      }
    } catch (NumberFormatException e) {
      throw CliException.usage(
          "--schedule is KIND or KIND:TIMESTEPS, such as cosine:4000, not " + text, e);
    }
    return schedule;
  }
}
