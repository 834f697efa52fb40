package dev.fewstep.chaos.process;

import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import java.nio.file.Path;

/** The artifact store. */
public final class StoreProcess {
  private StoreProcess() {}

  /**
   * Runs until told to stop.
   *
   * @param args {@code dir}, {@code port}; the keys are in the environment
   */
  public static void main(String[] args) throws Exception {
    Child child = new Child(args);
    EmbeddedS3 store =
        EmbeddedS3.start(
            Path.of(child.text("dir")),
            child.number("port"),
            new S3Credentials(
                System.getenv("AWS_ACCESS_KEY_ID"), System.getenv("AWS_SECRET_ACCESS_KEY")));
    child.tell("READY", store.port());
    child.serve(store);
  }
}
