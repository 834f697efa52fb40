package dev.fewstep.cli;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.backup.Restore;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description = {
      "Restores a backup into an empty Kafka cluster and a store, while no server runs.",
      "What was running goes on from its last checkpoint once a server and workers start."
    })
final class RestoreCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ClusterOptions cluster;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "DIR", description = "the folder of a backup")
  private Path folder;

  @Option(
      names = "--force",
      description = "delete the state that the cluster holds; without it, it is told what that is")
  private boolean force;

  @Override
  public Integer call() throws IOException {
    Restore.Result result;
    try (ClusterOptions.Cluster found = cluster.open(main.settings());
        ObjectStore store = new ObjectStore(found.store());
        WorkBar bar = new WorkBar(main)) {
      result = new Restore(found.kafka(), store).restore(folder, force, bar);
    }
    if (output.format() == OutputFormat.table) {
      main.out()
          .printf(
              "%s %s%n%d records, %d undecided messages, %d artifacts (%d uploaded)%n",
              result.already() ? "this backup is restored already:" : "restored",
              result.summary(),
              result.records(),
              result.undecided(),
              result.artifacts(),
              result.uploaded());
    } else {
      output.output(main).object(Json.toTree(result));
    }
    return ExitCodes.OK;
  }
}
