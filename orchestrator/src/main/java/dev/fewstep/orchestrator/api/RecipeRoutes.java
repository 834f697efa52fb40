package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.view.Recipe;
import dev.fewstep.schemas.Json;
import io.vertx.ext.web.RoutingContext;

/** The specifications that ship with fewstep, to begin with. */
final class RecipeRoutes {
  private final Replies replies;
  private final ObjectNode listing = Json.messages().createObjectNode();

  RecipeRoutes(Replies replies) {
    this.replies = requireNonNull(replies, "replies");
    ArrayNode items = listing.putArray("items");
    Recipe.shipped().forEach(recipe -> items.add(Json.toTree(recipe)));
  }

  void mount(Operations operations) {
    operations.on("listRecipes", this::list);
  }

  private void list(RoutingContext context) {
    replies.send(context, 200, listing);
  }
}
