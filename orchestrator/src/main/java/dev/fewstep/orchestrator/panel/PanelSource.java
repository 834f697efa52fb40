package dev.fewstep.orchestrator.panel;

import java.io.IOException;
import java.util.List;

/** Where panels come from. */
public interface PanelSource {
  /** {@code prometheus} or {@code process}. */
  String name();

  /** What people should know of these numbers; empty when there is nothing to say. */
  String note();

  /**
   * Reads a panel.
   *
   * @throws IOException when the source does not answer; the message says which and why
   */
  List<PanelSeries> read(Panel panel, PanelRange range) throws IOException;
}
