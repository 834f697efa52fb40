package dev.fewstep.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.backup.Backup;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "backup",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the state and every artifact that it needs into a folder.",
      "Works on Kafka and the store directly, whether a server runs or not. Into the folder of an"
          + " earlier backup it copies only what is new."
    })
final class BackupCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "DIR", description = "an empty folder, or one that holds a backup")
  private Path folder;

  @Option(names = "--verify", description = "read what the folder has and compare the digests")
  private boolean verify;

  @Option(names = "--prune", description = "remove artifacts that this backup does not need")
  private boolean prune;

  @Override
  public Integer call() throws IOException {
    Backup.Result result;
    try (ClusterOptions.Cluster found = cluster.open(main.settings());
        ObjectStore store = new ObjectStore(found.store());
        WorkBar bar = new WorkBar(main)) {
      result =
          new Backup(found.kafka(), store, Clock.systemUTC()).write(folder, verify, prune, bar);
    }
    ObjectNode view = Json.messages().createObjectNode().put("folder", folder.toString());
    view.setAll((ObjectNode) Json.toTree(result));
    if (output.format() == OutputFormat.table) {
      main.out()
          .printf(
              "backed up %s%n%d records, %d undecided messages, %d artifacts (%d copied, %.1f MB)%n",
              result.summary(),
              result.records(),
              result.undecided(),
              result.artifacts(),
              result.copied(),
              result.copiedBytes() / 1e6);
    } else {
      output.output(main).object(view);
    }
    for (Artifact missing : result.missing()) {
      main.err()
          .printf(
              "missing in the store: %s %s (%s)%n",
              missing.kind(), missing.name(), missing.sha256());
    }
    return result.missing().isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
  }
}
