// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * A plot: what the page's script hands to the library, and what the page says of it in words.
 *
 * @param id of the plot in its page
 * @param title what it shows
 * @param finding what is to be seen in it, as a sentence
 * @param labels of its categories, along the first axis
 * @param xTitle of the axis of categories
 * @param yTitle of the axis of values
 * @param logarithmic whether the axis of values is
 */
record Chart(
    String id,
    Kind kind,
    String title,
    @JsonIgnore String finding,
    List<String> labels,
    String xTitle,
    String yTitle,
    boolean logarithmic,
    List<Series> series) {

  /** How it is drawn. */
  enum Kind {
    /** Upright bars, the series on top of each other: the first is solid, the second hatched. */
    STACKS,
    /** Lying bars side by side, each with its value; references are hatched. */
    BARS,
    /** Lines from category to category, with shaded spreads where a series has them. */
    LINES
  }

  /**
   * Values of one name.
   *
   * @param values one for each category; null where there is none
   * @param spreads bands around the values, the widest first; empty where there are none
   * @param reference whether the others are to be held against it, as the dense model
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  record Series(String name, List<Double> values, List<Spread> spreads, boolean reference) {
    static Series of(String name, Stream<Double> values) {
      return new Series(name, finite(values), List.of(), false);
    }

    static Series reference(String name, Stream<Double> values) {
      return new Series(name, finite(values), List.of(), true);
    }

    Series with(List<Spread> bands) {
      return new Series(name, values, bands, reference);
    }

    /** Whether there is anything to draw. */
    @JsonIgnore
    boolean isThere() {
      return values.stream().anyMatch(v -> v != null);
    }

    DoubleStream plotted() {
      return Stream.concat(
              values.stream(),
              spreads.stream().flatMap(s -> Stream.of(s.low(), s.high())).flatMap(List::stream))
          .filter(v -> v != null)
          .mapToDouble(Double::doubleValue);
    }
  }

  /** A band from a low value to a high one in each category. */
  record Spread(List<Double> low, List<Double> high) {
    static Spread of(Stream<Double> low, Stream<Double> high) {
      return new Spread(Series.of("", low).values(), Series.of("", high).values());
    }
  }

  /** A plot of lines, logarithmic where all values are positive and span more than a decade. */
  static Chart lines(
      String id,
      String title,
      String finding,
      List<String> labels,
      String xTitle,
      String yTitle,
      List<Series> series) {
    double low = series.stream().flatMapToDouble(Series::plotted).min().orElse(0);
    double high = series.stream().flatMapToDouble(Series::plotted).max().orElse(0);
    boolean wide = low > 0 && high > 10 * low;
    return new Chart(id, Kind.LINES, title, finding, labels, xTitle, yTitle, wide, series);
  }

  /** A plot of bars. */
  static Chart bars(
      Kind kind,
      String id,
      String title,
      String finding,
      List<String> labels,
      String xTitle,
      String yTitle,
      List<Series> series) {
    return new Chart(id, kind, title, finding, labels, xTitle, yTitle, false, series);
  }

  /** What no axis can show is left out. */
  private static List<Double> finite(Stream<Double> values) {
    List<Double> kept = new ArrayList<>();
    values.forEach(v -> kept.add(v != null && Double.isFinite(v) ? v : null));
    return Collections.unmodifiableList(kept);
  }

  /** The plot's place in the page, and its caption. */
  Markup markup() {
    Markup html = new Markup();
    String style = kind == Kind.BARS ? "bars" : "layers";
    html.open("figure", "class", style);
    html.open("figcaption", "id", id + "-caption");
    html.element("strong", title).text(" ").element("span", finding).close("figcaption");
    html.open("div", "class", "chart", "role", "img", "aria-label", title + ". " + finding);
    html.open("canvas", "id", id).close("canvas").close("div");
    return html.close("figure");
  }
}
