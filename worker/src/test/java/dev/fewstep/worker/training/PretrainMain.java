package dev.fewstep.worker.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.tensor.TorchEngine;
import java.awt.image.BufferedImage;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;

/** Pretrains a denoiser from a plain main, before there is a CLI. Arguments are name=value. */
final class PretrainMain {
  private PretrainMain() {}

  public static void main(String[] args) throws IOException {
    Map<String, String> options = new HashMap<>();
    for (String arg : args) {
      options.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    }
    Path out = Path.of(options.getOrDefault("out", "/tmp/pretrain"));
    Files.createDirectories(out);
    TorchEngine.setThreads(number(options, "threads", 1));
    UNetConfig config =
        new UNetConfig(
            28,
            1,
            number(options, "width", 32),
            list(options.getOrDefault("multipliers", "1,2")),
            number(options, "resBlocks", 1),
            list(options.getOrDefault("attention", "7")),
            number(options, "groups", 8),
            Double.parseDouble(options.getOrDefault("dropout", "0")),
            number(options, "patch", 2),
            PredictionType.valueOf(options.getOrDefault("prediction", "V")));
    int iterations = number(options, "iterations", 10000);
    DenoisingSettings settings =
        new DenoisingSettings(
            iterations,
            number(options, "batch", 128),
            new LearningRate(
                Double.parseDouble(options.getOrDefault("lr", "1e-3")),
                number(options, "warmup", 200),
                iterations),
            1.0,
            Double.parseDouble(options.getOrDefault("ema", "0.999")),
            number(options, "flip", 0) == 1,
            number(options, "seed", 1));
    ImageDataset dataset =
        new Idx(
            Path.of(
                options.getOrDefault(
                    "data", "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")));
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet net = UNet.initialise(config, manager, settings.seed(), true);
        DenoisingTrainer trainer =
            new DenoisingTrainer(
                net,
                NoiseSchedule.ddpm(),
                dataset,
                settings,
                number(options, "shards", 2),
                manager)) {
      Path checkpoint = out.resolve("checkpoint.safetensors");
      if (Files.exists(checkpoint)) {
        try (NDManager scope = manager.newSubManager();
            InputStream in = Files.newInputStream(checkpoint)) {
          Map<String, NDArray> state = new LinkedHashMap<>();
          NDList.decode(scope, in).forEach(array -> state.put(array.getName(), array));
          trainer.restore(state);
        }
        System.out.println("resumed at " + trainer.iteration());
      }
      System.out.println(config + " " + net.parameterCount() + " parameters, " + settings);
      TrainingLoop.run(
          trainer, number(options, "every", 500), new Recorder(out, config, manager), () -> false);
    }
  }

  private static final class Recorder implements TrainingLoop.Listener {
    private final Path out;
    private final UNetConfig config;
    private final NDManager manager;
    private double loss;
    private double norm;
    private double seconds;
    private int count;
    private int images;

    Recorder(Path out, UNetConfig config, NDManager manager) {
      this.out = out;
      this.config = config;
      this.manager = manager;
    }

    @Override
    public void stepped(StepReport report) {
      loss += report.loss();
      norm += report.gradientNorm();
      seconds += report.seconds().total();
      images += report.images();
      count++;
      if (report.step() % 50 == 0) {
        System.out.printf(
            "%d loss %.5f norm %.3f lr %.2e %.1f images/s %s%n",
            report.step(),
            loss / count,
            norm / count,
            report.learningRate(),
            images / seconds,
            report.seconds());
        loss = norm = seconds = count = images = 0;
      }
    }

    @Override
    public void checkpointDue(Training training) {
      try {
        write(training.checkpoint(), out.resolve("checkpoint.safetensors"));
        write(training.weights(), out.resolve("weights.safetensors"));
        picture(training);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    private void picture(Training training) throws IOException {
      try (UNet net = UNet.load(config, manager, training.weights());
          NDManager scope = manager.newSubManager()) {
        BufferedImage sheet = new BufferedImage(16 * 28, 9 * 28, BufferedImage.TYPE_BYTE_GRAY);
        int row = 0;
        for (int steps : new int[] {5, 10, 50}) {
          float[] pixels =
              new DdimSampler(net, NoiseSchedule.ddpm(), Timesteps.uniform(steps, 1000), 0)
                  .images(scope, 7, 0, 48)
                  .toFloatArray();
          for (int i = 0; i < 48; i++) {
            for (int p = 0; p < 784; p++) {
              int grey = Math.round(255 * pixels[i * 784 + p]);
              sheet
                  .getRaster()
                  .setSample(i % 16 * 28 + p % 28, (row + i / 16) * 28 + p / 28, 0, grey);
            }
          }
          row += 3;
        }
        ImageIO.write(sheet, "png", out.resolve("sheet-" + training.iteration() + ".png").toFile());
      }
    }

    private static void write(Map<String, NDArray> arrays, Path path) throws IOException {
      NDList list = new NDList();
      arrays.forEach(
          (name, array) -> {
            array.setName(name);
            list.add(array);
          });
      Path part = path.resolveSibling(path.getFileName() + ".part");
      try (OutputStream stream = Files.newOutputStream(part)) {
        list.encode(stream, NDList.Encoding.SAFETENSORS);
      }
      Files.move(part, path, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static int number(Map<String, String> options, String name, int fallback) {
    return Integer.parseInt(options.getOrDefault(name, Integer.toString(fallback)));
  }

  private static List<Integer> list(String text) {
    return Arrays.stream(text.split(",")).map(Integer::valueOf).toList();
  }

  private static final class Idx implements ImageDataset {
    private final byte[] pixels;
    private final int size;

    Idx(Path path) throws IOException {
      try (DataInputStream in =
          new DataInputStream(new GZIPInputStream(Files.newInputStream(path)))) {
        in.readInt();
        size = in.readInt();
        in.readInt();
        in.readInt();
        pixels = in.readAllBytes();
      }
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public ImageShape shape() {
      return new ImageShape(1, 28, 28);
    }

    @Override
    public NDArray batch(NDManager manager, int[] indices) {
      float[] values = new float[indices.length * 784];
      for (int i = 0; i < indices.length; i++) {
        for (int p = 0; p < 784; p++) {
          values[i * 784 + p] = (pixels[indices[i] * 784 + p] & 255) / 255f;
        }
      }
      return manager
          .create(values, new Shape(indices.length, 1, 28, 28))
          .toType(DataType.FLOAT32, false);
    }

    @Override
    public String digest() {
      return "";
    }

    @Override
    public Optional<int[]> labels() {
      return Optional.empty();
    }
  }
}
