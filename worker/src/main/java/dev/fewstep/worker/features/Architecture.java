package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A network whose layers are written here, known by torchvision's names of its tensors. */
enum Architecture {
  /** FID's, as in {@code pt_inception-2015-12-05-6726825d.pth}: 1008 classes, no auxiliary head. */
  FID_INCEPTION("FID's Inception-v3", "fc"),
  /** torchvision's {@code inception_v3}. */
  INCEPTION("torchvision's Inception-v3", "fc"),
  /** torchvision's ResNets. */
  RESNET("a torchvision ResNet", "fc"),
  /** torchvision's VGGs without batch normalisation. */
  VGG("a torchvision VGG", "classifier.6");

  private static final String AUXILIARY = "AuxLogits.";
  private static final int FID_CLASSES = 1008;
  private static final List<String> FID_MODES =
      List.of(
          "pytorch-fid",
          "clean",
          "tf",
          "logits",
          "spatial",
          "clean-logits",
          "clean-spatial",
          "tf-logits",
          "tf-spatial");
  private static final List<String> TORCHVISION_MODES =
      List.of("imagenet-torch", "imagenet", "logits", "imagenet-logits");

  private final String label;
  private final String classifier;

  Architecture(String label, String classifier) {
    this.label = label;
    this.classifier = classifier;
  }

  /** Which network tensors of these shapes belong to, as far as names tell. */
  static Optional<Architecture> of(Map<String, long[]> shapes) {
    if (shapes.containsKey("Mixed_5b.branch1x1.conv.weight")) {
      long[] classes = shapes.get("fc.weight");
      boolean fid =
          shapes.keySet().stream().noneMatch(name -> name.startsWith(AUXILIARY))
              && (classes == null || (classes.length == 2 && classes[0] == FID_CLASSES));
      return Optional.of(fid ? FID_INCEPTION : INCEPTION);
    }
    if (shapes.containsKey("layer1.0.conv1.weight")) {
      return Optional.of(RESNET);
    }
    if (shapes.containsKey("features.0.weight") && shapes.containsKey("classifier.3.weight")) {
      return Optional.of(VGG);
    }
    return Optional.empty();
  }

  /** What it is, for people. */
  String label() {
    return label;
  }

  /** Name of its last layer, which features leave out. */
  String classifier() {
    return classifier;
  }

  /** Tensors that it does not use: the auxiliary head of training, counters. */
  static boolean unused(String name) {
    return name.startsWith(AUXILIARY) || name.endsWith(".num_batches_tracked");
  }

  /** Names and shapes that it must have, without the classifier's. */
  Map<String, long[]> shapes(Map<String, long[]> found) {
    return switch (this) {
      case FID_INCEPTION, INCEPTION -> InceptionNetwork.shapes();
      case RESNET -> ResNet.shapes(found);
      case VGG -> Vgg.shapes(found);
    };
  }

  /** Its presets, the default first. */
  List<String> modes() {
    return this == FID_INCEPTION ? FID_MODES : TORCHVISION_MODES;
  }

  /** Its layers over parameters of {@link #shapes}. */
  ImageNetwork network(Map<String, NDArray> parameters) {
    return switch (this) {
      case FID_INCEPTION -> new InceptionNetwork(parameters, true);
      case INCEPTION -> new InceptionNetwork(parameters, false);
      case RESNET -> new ResNet(parameters);
      case VGG -> new Vgg(parameters);
    };
  }

  /** Its name as scores carry it. */
  String name(Map<String, ?> tensors) {
    return switch (this) {
      case FID_INCEPTION -> "inception";
      case INCEPTION -> "inception-v3";
      case RESNET -> ResNet.name(tensors);
      case VGG -> Vgg.name(tensors.keySet());
    };
  }

  /** What images go through in a preset. */
  Preprocessing preprocessing(Preset preset) {
    String program = preset.preprocessing();
    return switch (this) {
      case FID_INCEPTION ->
          switch (program) {
            case "clean" -> Preprocessing.cleanFid();
            case "tf" -> Preprocessing.tensorFlow();
            default -> Preprocessing.pytorchFid();
          };
      case INCEPTION ->
          program.equals("imagenet")
              ? Preprocessing.inceptionPillow()
              : Preprocessing.inceptionTorch();
      case RESNET, VGG ->
          program.equals("imagenet")
              ? Preprocessing.imagenet(256, 224)
              : Preprocessing.imagenetTorch(224);
    };
  }
}
