// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.slimbeam.transforms.storage.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page while it is written: its sections, and the plots in them. */
final class Page {
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
  private static final String LIBRARY = "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";

  private record Section(String id, String title, Markup content) {}

  private final String title;
  private final String subtitle;
  private final List<Section> sections = new ArrayList<>();
  private final List<Chart> charts = new ArrayList<>();

  Page(String title, String subtitle) {
    this.title = title;
    this.subtitle = subtitle;
  }

  /** Adds a section. */
  void section(String id, String heading, Markup content) {
    sections.add(new Section(id, heading, content));
  }

  /** A plot of this page, to be put into a section. */
  Markup chart(Chart chart) {
    charts.add(chart);
    return chart.markup();
  }

  /** Plots of this page, beside each other where there is room. */
  Markup charts(List<Chart> beside) {
    Markup html = new Markup().open("div", "class", "beside");
    beside.forEach(chart -> html.add(chart(chart)));
    return html.close("div");
  }

  /** The whole file. */
  String html() throws IOException {
    String css = resource("page.css") + resource("content.css");
    String library = library();
    String script = resource("report.js");
    Map<String, String> parts =
        Map.of(
            "title",
            Markup.escaped(title),
            "styles",
            "'" + hash(css) + "'",
            "scripts",
            "'" + hash(library) + "' '" + hash(script) + "'",
            "css",
            css,
            "body",
            body().toString(),
            "charts",
            ReportJson.inScript(charts),
            "library",
            library,
            "script",
            script);
    // One pass: what stands in a part is never taken for a place.
    return PLACE
        .matcher(resource("report.html"))
        .replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
  }

  private Markup body() {
    Markup html = new Markup();
    html.open("header").element("h1", title).element("p", subtitle).close("header");
    html.open("nav", "aria-label", "Sections").open("ul");
    for (Section section : sections) {
      html.open("li").element("a", section.title(), "href", "#" + section.id()).close("li");
    }
    html.close("ul").close("nav").open("main", "id", "main");
    for (Section section : sections) {
      String heading = section.id() + "-heading";
      html.open("section", "id", section.id(), "aria-labelledby", heading);
      html.element("h2", section.title(), "id", heading);
      html.add(section.content()).close("section");
    }
    return html.close("main");
  }

  /** Chart.js with its licence, whose text has to go where the library goes. */
  private static String library() throws IOException {
    Properties maven = new Properties();
    try (InputStream in = open(LIBRARY)) {
      maven.load(in);
    }
    String directory = "/META-INF/resources/webjars/chart.js/" + maven.getProperty("version") + "/";
    String licence = resource(directory + "LICENSE.md");
    String code = resource(directory + "dist/chart.umd.js").replaceAll("//# sourceMapp.*\\s*$", "");
    return "/*\n" + licence.replace("*/", "* /") + "*/\n" + code.replace("</script", "<\\/script");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = open(name)) {
      return new String(in.readAllBytes(), UTF_8).replace("\r", "");
    }
  }

  private static InputStream open(String name) throws IOException {
    InputStream in = Page.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException(name + ": not on the class path; expected with this program");
    }
    return in;
  }

  private static String hash(String text) {
    return "sha256-" + Base64.getEncoder().encodeToString(Sha256.of(text.getBytes(UTF_8)));
  }
}
