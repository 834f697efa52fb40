package dev.fewstep.worker.data.source;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Images in a fixed order, read once from front to back by one thread. */
interface ImageSource extends Closeable {
  /** What kind of source it is, such as {@code zip}. */
  String kind();

  /** Number of images, at least 1. */
  int count();

  /** Whether every image has a class. */
  boolean labelled();

  /** Names of the classes by label, when the source names them. */
  List<String> classes();

  /** The next image; empty after the last. */
  Optional<SourceImage> next() throws IOException;
}
