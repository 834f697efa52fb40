package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.tensor.AtenOps;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * torchvision's VGG of any depth and width, without batch normalisation. Places between the
 * convolutions tell where it pools. Features are the second hidden layer, after ReLU.
 */
final class Vgg implements ImageNetwork {
  private static final int GRID = 7;

  private final Map<String, NDArray> parameters;
  private final List<Integer> convolutions;

  Vgg(Map<String, NDArray> parameters) {
    this.parameters = Map.copyOf(parameters);
    this.convolutions = convolutions(parameters.keySet());
  }

  private static List<Integer> convolutions(Set<String> names) {
    TreeSet<Integer> places = new TreeSet<>();
    for (String name : names) {
      if (name.matches("features\\.[0-9]{1,4}\\.weight")) {
        places.add(Integer.valueOf(name.split("\\.")[1]));
      }
    }
    return List.copyOf(places);
  }

  /** Its name, after the number of its layers with weights. */
  static String name(Set<String> names) {
    return "vgg" + (convolutions(names).size() + 3);
  }

  /** Names and shapes that it has, given those of its layers. */
  static Map<String, long[]> shapes(Map<String, long[]> found) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    long in = 3;
    for (int place : convolutions(found.keySet())) {
      long out = width(found, "features." + place);
      put(shapes, "features." + place, new long[] {out, in, 3, 3});
      in = out;
    }
    in *= GRID * GRID;
    for (String name : new String[] {"classifier.0", "classifier.3"}) {
      long out = width(found, name);
      put(shapes, name, new long[] {out, in});
      in = out;
    }
    return shapes;
  }

  private static long width(Map<String, long[]> found, String name) {
    long[] shape = found.get(name + ".weight");
    return shape == null || shape.length == 0 ? 4096 : shape[0];
  }

  private static void put(Map<String, long[]> shapes, String name, long[] shape) {
    shapes.put(name + ".weight", shape);
    shapes.put(name + ".bias", new long[] {shape[0]});
  }

  @Override
  public int dimensions() {
    return (int) parameters.get("classifier.3.weight").getShape().get(0);
  }

  @Override
  public NDArray features(NDArray input) {
    NDArray x = input;
    for (int i = 0; i < convolutions.size(); i++) {
      int place = convolutions.get(i);
      String name = "features." + place;
      try (NDArray convolved =
          AtenOps.conv2d(
              x, parameters.get(name + ".weight"), parameters.get(name + ".bias"), 1, 1)) {
        x = relu(convolved);
      }
      boolean last = i == convolutions.size() - 1;
      if (last || convolutions.get(i + 1) > place + 2) {
        x = AtenOps.maxPool2d(x, 2, 2, 0);
      }
    }
    x = FeatureOps.adaptiveMean(x, GRID);
    x = x.reshape(x.getShape().get(0), -1);
    return hidden(hidden(x, "classifier.0"), "classifier.3");
  }

  private NDArray hidden(NDArray x, String name) {
    return relu(
        FeatureOps.linear(x, parameters.get(name + ".weight"), parameters.get(name + ".bias")));
  }

  private static NDArray relu(NDArray x) {
    return JniUtils.relu((PtNDArray) x);
  }
}
