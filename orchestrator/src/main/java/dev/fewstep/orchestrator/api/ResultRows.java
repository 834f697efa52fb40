package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.view.ResultTable;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** Rows of one experiment after the other, read part by part as they are asked for. */
final class ResultRows implements Iterator<List<JsonNode>> {
  private static final int AT_ONCE = 1_000;

  private final ArchiveRoutes archives;
  private final Iterator<String> ids;
  private String id = "";
  private int from;
  private int trials;
  private Iterator<List<JsonNode>> known = List.<List<JsonNode>>of().iterator();

  ResultRows(ArchiveRoutes archives, List<String> ids) {
    this.archives = requireNonNull(archives, "archives");
    this.ids = List.copyOf(ids).iterator();
  }

  @Override
  public boolean hasNext() {
    while (!known.hasNext() && (from < trials || ids.hasNext())) {
      if (from >= trials) {
        id = ids.next();
        from = 0;
        trials =
            archives
                .source(id)
                .read(fold -> fold.experiment(id).map(found -> found.trials()).orElse(0));
      }
      int first = from;
      known =
          archives.source(id).read(fold -> ResultTable.rows(fold, id, first, AT_ONCE)).iterator();
      from += AT_ONCE;
    }
    return known.hasNext();
  }

  @Override
  public List<JsonNode> next() {
    if (!hasNext()) {
      throw new NoSuchElementException("after the last row");
    }
    return known.next();
  }
}
