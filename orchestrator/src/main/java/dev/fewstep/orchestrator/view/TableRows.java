package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The rows of a table, read part by part as they are asked for. */
public final class TableRows implements Iterator<List<JsonNode>> {
  private final Part part;
  private final int size;
  private final int limit;
  private int from;
  private Iterator<List<JsonNode>> known = List.<List<JsonNode>>of().iterator();

  /** Reads some rows. */
  @FunctionalInterface
  public interface Part {
    /** At most {@code limit} rows, the first of which has the index {@code from}. */
    List<List<JsonNode>> read(int from, int limit);
  }

  /**
   * The rows.
   *
   * @param size number of rows in all
   * @param limit rows that are read at once
   */
  public TableRows(Part part, int size, int limit) {
    this.part = requireNonNull(part, "part");
    this.size = size;
    this.limit = limit;
  }

  @Override
  public boolean hasNext() {
    if (!known.hasNext() && from < size) {
      List<List<JsonNode>> next = part.read(from, limit);
      from = next.isEmpty() ? size : from + next.size();
      known = next.iterator();
    }
    return known.hasNext();
  }

  @Override
  public List<JsonNode> next() {
    if (!hasNext()) {
      throw new NoSuchElementException("after the last of " + size + " rows");
    }
    return known.next();
  }
}
