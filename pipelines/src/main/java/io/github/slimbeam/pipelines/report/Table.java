// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table, for a terminal, for Markdown, and for a page. Columns hold words, which begin at the
 * left, or numbers, which end at the right; the first column names the rows.
 *
 * <p>On a page it has a caption, and scrolls in a box of its own where the page is narrow.
 */
public final class Table {
  private static final String GAP = "  ";

  private final String id;
  private final String caption;
  private final List<Column> columns = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();

  private record Column(String title, boolean numeric, int width) {}

  private record Row(String style, List<String> cells) {}

  /** A table that is on no page. */
  public Table() {
    this("", "");
  }

  Table(String id, String caption) {
    this.id = id;
    this.caption = caption;
  }

  /** Adds a column of text. */
  public Table words(String title) {
    columns.add(new Column(title, false, 0));
    return this;
  }

  /** Adds a column of numbers. */
  public Table numbers(String title) {
    return numbers(title, 0);
  }

  /** Adds a column of numbers that is at least so wide as text. */
  public Table numbers(String title, int width) {
    columns.add(new Column(title, true, width));
    return this;
  }

  /** Adds a row. */
  public Table row(List<String> cells) {
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

  /** Adds a row. */
  public Table row(String... cells) {
    return row("", List.of(cells));
  }

  /** Lines of text, each indented so far; the first has the titles, if any column has one. */
  public List<String> text(int indent) {
    List<List<String>> all = new ArrayList<>();
    if (columns.stream().anyMatch(column -> !column.title().isEmpty())) {
      all.add(titles());
    }
    rows.forEach(row -> all.add(row.cells()));
    int[] widths =
        IntStream.range(0, columns.size())
            .map(
                i ->
                    all.stream()
                        .mapToInt(cells -> cells.get(i).length())
                        .reduce(columns.get(i).width(), Math::max))
            .toArray();
    return all.stream()
        .map(cells -> " ".repeat(indent) + String.join(GAP, padded(cells, widths)))
        .map(String::stripTrailing)
        .toList();
  }

  private List<String> padded(List<String> cells, int[] widths) {
    return IntStream.range(0, widths.length)
        .mapToObj(
            i -> {
              String blanks = " ".repeat(widths[i] - cells.get(i).length());
              return columns.get(i).numeric() ? blanks + cells.get(i) : cells.get(i) + blanks;
            })
        .toList();
  }

  /** Lines of Markdown: titles, their rule, and one line for each row. */
  public List<String> markdown() {
    List<String> lines = new ArrayList<>();
    lines.add(line(titles()));
    lines.add(
        columns.stream()
            .map(column -> column.numeric() ? "---:" : "---")
            .collect(Collectors.joining("|", "|", "|")));
    rows.forEach(row -> lines.add(line(row.cells())));
    return lines;
  }

  private static String line(List<String> cells) {
    return cells.stream()
        .map(c -> c.replace("\\", "\\\\").replace("|", "\\|").replaceAll("\\R", " "))
        .map(c -> " " + c + " ")
        .collect(Collectors.joining("|", "|", "|"));
  }

  private List<String> titles() {
    return columns.stream().map(Column::title).toList();
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
