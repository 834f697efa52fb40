package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import java.time.Instant;

/**
 * What a decision is about.
 *
 * <p>Record time is the broker's clock: the append time of the inbox record, or, where no record is
 * at hand, the append time of the last one read plus the monotonic time that has passed since it
 * was read. Workers' clocks are never compared with it.
 */
public sealed interface Input {
  /** Record time of this input. */
  Instant recordTime();

  /** The replica has replayed the state and leads from now on. First input of every term. */
  record Elected(Instant recordTime) implements Input {
    public Elected {
      requireNonNull(recordTime, "recordTime");
    }
  }

  /** A record of the inbox. */
  record Received(InboxMessage message, Instant recordTime) implements Input {
    public Received {
      requireNonNull(message, "message");
      requireNonNull(recordTime, "recordTime");
    }
  }

  /**
   * Time to plan, queue, dispatch and judge silence: after every group of inbox records, after
   * every {@link Verified} and {@link ArtifactsChecked}, at once when the last decision said {@link
   * Decision#more()}, and at least once a second.
   *
   * @param lagging whether inbox records written before {@code recordTime} may be unread: nothing
   *     is judged by silence then
   */
  record Tick(Instant recordTime, boolean lagging) implements Input {
    public Tick {
      requireNonNull(recordTime, "recordTime");
    }
  }

  /**
   * Time to judge silence while the inbox lags: whatever was written until {@code recordTime} has
   * been read, though more may be unread. Without it a busy inbox, in which something is always
   * unread, would keep the dead alive.
   */
  record Heard(Instant recordTime) implements Input {
    public Heard {
      requireNonNull(recordTime, "recordTime");
    }
  }

  /** Answer to a {@link Check.Manifest}. */
  record Verified(Report.Succeeded report, boolean manifestComplete, Instant recordTime)
      implements Input {
    public Verified {
      requireNonNull(report, "report");
      requireNonNull(recordTime, "recordTime");
    }
  }

  /** Answer to a {@link Check.Cached}. */
  record ArtifactsChecked(String taskKey, boolean present, Instant recordTime) implements Input {
    public ArtifactsChecked {
      requireNonNull(taskKey, "taskKey");
      requireNonNull(recordTime, "recordTime");
    }
  }
}
