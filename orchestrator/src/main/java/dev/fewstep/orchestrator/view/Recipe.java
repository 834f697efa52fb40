package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A specification that ships with fewstep.
 *
 * @param name such as {@code cifar10-clip} or {@code published/cifar10-clip}
 * @param title its first remark
 * @param text the specification in YAML
 */
public record Recipe(String name, String title, String text) {
  /** What lies beside this class's module, most common first. */
  private static final List<String> NAMES =
      List.of(
          "demo",
          "examples/minimal",
          "examples/rates",
          "examples/kernels",
          "examples/random",
          "examples/halving",
          "examples/pretrain",
          "cifar10-inception",
          "cifar10-clip",
          "celeba64-inception",
          "celeba64-clip",
          "lsun-church-inception",
          "lsun-church-clip",
          "published/cifar10-inception",
          "published/cifar10-clip",
          "published/celeba64-inception",
          "published/celeba64-clip",
          "published/lsun-church-inception",
          "published/lsun-church-clip");

  public Recipe {
    requireNonNull(name, "name");
    requireNonNull(title, "title");
    requireNonNull(text, "text");
  }

  /** All of them. */
  public static List<Recipe> shipped() {
    List<Recipe> recipes = new ArrayList<>();
    for (String name : NAMES) {
      String text = read("/recipes/" + name + ".yaml");
      String first = text.lines().findFirst().orElse("");
      recipes.add(new Recipe(name, first.replaceFirst("^#\\s*", ""), text));
    }
    return List.copyOf(recipes);
  }

  private static String read(String resource) {
    try (InputStream in = Recipe.class.getResourceAsStream(resource)) {
      return new String(
          requireNonNull(in, () -> "part of the program: " + resource).readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("a recipe is part of the program: " + resource, e);
    }
  }
}
