package dev.fewstep.schemas.message;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;

/** What the inbox carries: a {@link Command} of a person or a {@link Report} of a worker. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Command.SubmitExperiment.class, name = "submit-experiment"),
  @JsonSubTypes.Type(value = Command.CancelExperiment.class, name = "cancel-experiment"),
  @JsonSubTypes.Type(value = Command.PauseExperiment.class, name = "pause-experiment"),
  @JsonSubTypes.Type(value = Command.ResumeExperiment.class, name = "resume-experiment"),
  @JsonSubTypes.Type(value = Command.RetryFailed.class, name = "retry-failed"),
  @JsonSubTypes.Type(value = Command.ChangePolicy.class, name = "change-policy"),
  @JsonSubTypes.Type(value = Command.SetProject.class, name = "set-project"),
  @JsonSubTypes.Type(value = Command.DrainWorker.class, name = "drain-worker"),
  @JsonSubTypes.Type(value = Command.ArchiveExperiment.class, name = "archive-experiment"),
  @JsonSubTypes.Type(value = Command.ImportResults.class, name = "import-results"),
  @JsonSubTypes.Type(value = Command.ImportExperiment.class, name = "import-experiment"),
  @JsonSubTypes.Type(value = Command.RegisterInput.class, name = "register-input"),
  @JsonSubTypes.Type(value = Command.CreateSchedule.class, name = "create-schedule"),
  @JsonSubTypes.Type(value = Command.PauseSchedule.class, name = "pause-schedule"),
  @JsonSubTypes.Type(value = Command.ResumeSchedule.class, name = "resume-schedule"),
  @JsonSubTypes.Type(value = Command.DeleteSchedule.class, name = "delete-schedule"),
  @JsonSubTypes.Type(value = Command.RunScheduleNow.class, name = "run-schedule-now"),
  @JsonSubTypes.Type(value = Command.AcceptBenchmark.class, name = "accept-benchmark"),
  @JsonSubTypes.Type(value = Command.NoteDelivery.class, name = "note-delivery"),
  @JsonSubTypes.Type(value = Command.CreateToken.class, name = "create-token"),
  @JsonSubTypes.Type(value = Command.RevokeToken.class, name = "revoke-token"),
  @JsonSubTypes.Type(value = Report.Presence.class, name = "presence"),
  @JsonSubTypes.Type(value = Report.Started.class, name = "started"),
  @JsonSubTypes.Type(value = Report.Heartbeat.class, name = "heartbeat"),
  @JsonSubTypes.Type(value = Report.Checkpointed.class, name = "checkpointed"),
  @JsonSubTypes.Type(value = Report.Succeeded.class, name = "succeeded"),
  @JsonSubTypes.Type(value = Report.Failed.class, name = "failed"),
  @JsonSubTypes.Type(value = Report.Released.class, name = "released")
})
public sealed interface InboxMessage permits Command, Report {
  /** When its writer wrote it, by the writer's clock; for people, never for leases. */
  Instant at();
}
