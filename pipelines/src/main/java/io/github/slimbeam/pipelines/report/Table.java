package io.github.slimbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A table of a page: a caption, a header for every column, and one for every row in its first
 * column. It scrolls in a box of its own where the page is narrow.
 */
final class Table {
  private final String id;
  private final String caption;
  private final List<Column> columns = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();

  private record Column(String title, boolean numeric) {}

  private record Row(String style, List<String> cells) {}

  Table(String id, String caption) {
    this.id = id;
    this.caption = caption;
  }

  /** Adds a column of text. */
  Table words(String title) {
    columns.add(new Column(title, false));
    return this;
  }

  /** Adds a column of numbers. */
  Table numbers(String title) {
    columns.add(new Column(title, true));
    return this;
  }

  /** Adds a row. */
  Table row(List<String> cells) {
    return row("", cells);
  }

  /** Adds a row of a class that the style sheet knows. */
  Table row(String style, List<String> cells) {
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(cells + " in " + columns);
    }
    rows.add(new Row(style, List.copyOf(cells)));
    return this;
  }

  Table row(String... cells) {
    return row("", List.of(cells));
  }

  Markup markup() {
    Markup html = new Markup();
    html.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-labelledby", id);
    html.open("table").open("caption", "id", id).element("span", caption).close("caption");
    html.open("thead").open("tr");
    for (Column column : columns) {
      html.element("th", column.title(), "scope", "col", "class", style(column));
    }
    html.close("tr").close("thead").open("tbody");
    for (Row row : rows) {
      html.open("tr", "class", row.style());
      html.element("th", row.cells().get(0), "scope", "row", "class", style(columns.get(0)));
      for (int i = 1; i < columns.size(); i++) {
        html.open("td", "class", style(columns.get(i))).path(row.cells().get(i)).close("td");
      }
      html.close("tr");
    }
    return html.close("tbody").close("table").close("div");
  }

  private static String style(Column column) {
    return column.numeric() ? "number" : "words";
  }
}
