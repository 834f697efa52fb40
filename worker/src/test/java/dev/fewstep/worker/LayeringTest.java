package dev.fewstep.worker;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which package may know which. */
class LayeringTest {
  private static final JavaClasses WORKER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.fewstep.worker");
  private static final String[] SERVICES = {
    "org.apache.kafka..",
    "io.vertx..",
    "io.minio..",
    "okhttp3..",
    "dev.fewstep.store..",
    "io.micrometer.."
  };

  /** What they make has no gradient. */
  private static final List<String> COMPARISONS = List.of("gt", "gte", "lt", "lte", "eq", "neq");

  private static final String[] MATHEMATICS = {
    "dev.fewstep.worker.tensor..",
    "dev.fewstep.worker.diffusion..",
    "dev.fewstep.worker.mmd..",
    "dev.fewstep.worker.features..",
    "dev.fewstep.worker.training..",
    "dev.fewstep.worker.evaluation..",
    "dev.fewstep.worker.data..",
    "dev.fewstep.worker.checkpoint..",
    "dev.fewstep.worker.image.."
  };

  @Test
  void mathematicsKnowsNoService() {
    noClasses()
        .that()
        .resideInAnyPackage(MATHEMATICS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SERVICES)
        .check(WORKER);
  }

  @Test
  void mathematicsKnowsNothingOfTasks() {
    noClasses()
        .that()
        .resideInAnyPackage(MATHEMATICS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.fewstep.worker.task..",
            "dev.fewstep.worker.artifact..",
            "dev.fewstep.worker.ops..")
        .check(WORKER);
  }

  @Test
  void programsKnowNeitherServicesNorTheStore() {
    noClasses()
        .that()
        .resideInAPackage("dev.fewstep.worker.task.program..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(SERVICES)
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.fewstep.worker.artifact..", "dev.fewstep.worker.task")
        .check(WORKER);
  }

  @Test
  void onlyTasksSpeakKafkaAndOnlyArtifactsSpeakS3() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.fewstep.worker.task")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.kafka..")
        .check(WORKER);
    noClasses()
        .that()
        .resideInAPackage("dev.fewstep.worker..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.minio..", "okhttp3..")
        .because("only the store module speaks S3")
        .check(WORKER);
  }

  /**
   * Their memory is the garbage collector's: {@link dev.fewstep.worker.tensor.Tensors} says what
   * that does to gradients.
   */
  @Test
  void onlyTensorsMakesTensorsFromJavaValues() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.fewstep.worker.tensor.Tensors")
        .should()
        .callMethodWhere(
            describe(
                "a tensor is laid over Java's memory",
                call -> LayeringTest.borrows(call.getTarget())))
        .check(WORKER);
  }

  private static boolean borrows(AccessTarget.CodeUnitCallTarget method) {
    List<String> parameters =
        method.getRawParameterTypes().stream().map(JavaClass::getFullName).toList();
    if (method.getOwner().isAssignableTo(NDManager.class)) {
      return method.getName().equals("create")
          && !parameters.isEmpty()
          && !parameters.get(0).equals(Shape.class.getName());
    }
    return method.getOwner().isAssignableTo(NDArray.class)
        && parameters.contains(Number.class.getName())
        && !COMPARISONS.contains(method.getName());
  }
}
