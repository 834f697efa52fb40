package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.image.PixelImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A dataset that is already bytes of one shape: IDX files, or fewstep's own form. */
final class DatasetSource implements ImageSource {
  private final Path file;
  private final ImageDataset dataset;
  private final Optional<int[]> labels;
  private int at;

  DatasetSource(Path file, ImageDataset dataset) {
    this.file = file;
    this.dataset = dataset;
    labels = dataset.labels();
  }

  @Override
  public String kind() {
    return file.toString().endsWith(".npz") ? "npz" : "idx";
  }

  @Override
  public int count() {
    return dataset.size();
  }

  @Override
  public boolean labelled() {
    return labels.isPresent();
  }

  @Override
  public List<String> classes() {
    return List.of();
  }

  @Override
  public Optional<SourceImage> next() {
    if (at == dataset.size()) {
      return Optional.empty();
    }
    ImageShape shape = dataset.shape();
    int index = at++;
    PixelImage image =
        new PixelImage(shape.channels(), shape.height(), shape.width(), dataset.image(index));
    int label = labels.map(classes -> classes[index]).orElse(-1);
    return Optional.of(SourceImage.decoded(file + " image " + index, label, image));
  }

  @Override
  public void close() {}
}
