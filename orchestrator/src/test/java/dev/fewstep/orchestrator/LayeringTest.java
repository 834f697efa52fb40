package dev.fewstep.orchestrator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

class LayeringTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .importUrl(Orchestrator.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void the_core_knows_neither_log_nor_web_nor_store_nor_clock() {
    noClasses()
        .that()
        .resideInAPackage("..orchestrator.experiment..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka..",
            "io.vertx..",
            "io.minio..",
            "io.micrometer..",
            "okhttp3..",
            "dev.fewstep.store..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Clock")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .because("decisions are a function of their arguments: pass the time in")
        .check(MODULE);
  }

  @Test
  void the_core_knows_none_of_its_adapters() {
    noClasses()
        .that()
        .resideInAPackage("..orchestrator.experiment..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "..orchestrator.log..",
            "..orchestrator.api..",
            "..orchestrator.artifact..",
            "..orchestrator.ops..")
        .because("adapters depend on the core, never the other way round")
        .check(MODULE);
  }

  @Test
  void only_the_api_knows_vertx_only_the_log_knows_kafka_only_the_store_knows_minio() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..orchestrator.api..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.vertx..")
        .because("HTTP belongs into api")
        .check(MODULE);
    noClasses()
        .that()
        .resideOutsideOfPackage("..orchestrator.log..")
        .and()
        .doNotHaveFullyQualifiedName("dev.fewstep.orchestrator.api.Problems")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.kafka..")
        .because("Kafka belongs into log; api only tells its errors apart")
        .check(MODULE);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.minio..")
        .because("only the store module speaks S3")
        .check(MODULE);
    noClasses()
        .that()
        .resideOutsideOfPackage("..orchestrator.webhook..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("okhttp3..")
        .because("nothing but webhooks asks other servers; their addresses are judged there")
        .check(MODULE);
  }

  @Test
  void views_of_results_are_functions_of_the_state() {
    noClasses()
        .that()
        .resideInAPackage("..orchestrator.view..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "..orchestrator.log..",
            "..orchestrator.api..",
            "..orchestrator.artifact..",
            "..orchestrator.ops..",
            "..orchestrator.export..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Clock")
        .because("they are tested without anything around them")
        .check(MODULE);
    noClasses()
        .that()
        .resideOutsideOfPackage("..orchestrator.export..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("blue.strategic..", "org.apache.parquet..", "org.apache.hadoop..")
        .because("formats of files belong into export")
        .check(MODULE);
  }

  @Test
  void nothing_knows_the_program_or_the_worker() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.fewstep.cli..", "dev.fewstep.worker..", "dev.fewstep.embedded..")
        .because("orchestrator and worker share schemas, and only the program knows both")
        .check(MODULE);
  }
}
