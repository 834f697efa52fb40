package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.panel.Panel;
import dev.fewstep.orchestrator.panel.PanelRange;
import dev.fewstep.orchestrator.panel.PanelSeries;
import dev.fewstep.orchestrator.panel.PanelSource;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.Nearest;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The fleet over time. */
final class PanelRoutes {
  private final Replies replies;
  private final PanelSource source;

  PanelRoutes(Replies replies, PanelSource source) {
    this.replies = requireNonNull(replies, "replies");
    this.source = requireNonNull(source, "source");
  }

  void mount(Operations operations) {
    operations.on("listPanels", this::list);
    operations.on("readPanel", this::read);
  }

  private void list(RoutingContext context) {
    ObjectNode view =
        Json.messages().createObjectNode().put("source", source.name()).put("note", source.note());
    ArrayNode panels = view.putArray("panels");
    for (Panel panel : Panel.values()) {
      panels
          .addObject()
          .put("id", panel.id())
          .put("title", panel.title())
          .put("unit", panel.unit())
          .put("help", panel.help());
    }
    replies.send(context, 200, view);
  }

  private void read(RoutingContext context) {
    String id = context.pathParam("panel");
    Panel panel =
        Panel.of(id)
            .orElseThrow(
                () ->
                    ApiException.notFound(
                        "There is no panel "
                            + id
                            + Nearest.to(id, Panel.ids())
                                .map(near -> "; the nearest is " + near)
                                .orElse("")
                            + "."));
    PanelRange range;
    try {
      range =
          new PanelRange(
              Instant.ofEpochSecond(seconds(context, "from")),
              Instant.ofEpochSecond(seconds(context, "to")),
              Duration.ofSeconds(seconds(context, "step")));
    } catch (IllegalArgumentException e) {
      throw ApiException.of(400, e.getMessage() + ".");
    }
    replies
        .blocking(() -> answer(panel, range))
        .onSuccess(view -> replies.send(context, 200, view))
        .onFailure(
            e -> context.fail(e instanceof IOException ? ApiException.of(502, e.getMessage()) : e));
  }

  private ObjectNode answer(Panel panel, PanelRange range) throws IOException {
    List<PanelSeries> found = source.read(panel, range);
    ObjectNode view = Json.messages().createObjectNode().put("source", source.name());
    ArrayNode series = view.putArray("series");
    for (PanelSeries one : found) {
      ObjectNode line = series.addObject();
      line.set("labels", Json.toTree(one.labels()));
      ArrayNode points = line.putArray("points");
      for (PanelSeries.Point point : one.points()) {
        ArrayNode pair = points.addArray().add(point.at());
        point.value().ifPresentOrElse(pair::add, pair::addNull);
      }
    }
    return view;
  }

  /** The contract has checked that it is there and a whole number. */
  private static long seconds(RoutingContext context, String name) {
    return Long.parseLong(context.request().getParam(name));
  }
}
