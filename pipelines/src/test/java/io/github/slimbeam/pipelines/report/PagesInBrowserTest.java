// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pages in a browser; each leaves a screenshot in {@code target/pages}. */
@Tag("browser")
class PagesInBrowserTest {
  private static final Path SHOTS = Path.of("target", "pages");
  private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";

  private static final Map<String, List<String>> PLOTS =
      Map.of(
          "report",
          List.of(
              "perplexity",
              "tasks",
              "allocation",
              "kept-attention",
              "kept-ffn",
              "errors",
              "scores-attention",
              "scores-ffn",
              "stages",
              "seconds"),
          "plain",
          List.of("allocation", "kept-attention", "kept-ffn", "errors", "seconds"),
          "deep",
          List.of("kept-attention", "kept-ffn", "errors-attention", "errors-ffn"),
          "compare",
          List.of(
              "perplexity",
              "tasks",
              "kept-attention",
              "kept-ffn",
              "errors-attention",
              "errors-ffn",
              "seconds"));

  @TempDir private static Path directory;
  private static Chromium browser;

  @BeforeAll
  static void startsAndWritesThePages() throws IOException, InterruptedException {
    browser = Chromium.start(directory);
    Files.createDirectories(SHOTS);
    write("report", ReportPage.of(ExampleReport.full()));
    write("plain", ReportPage.of(ExampleReport.plain()));
    write(
        "deep",
        ComparePage.of(
            Comparison.of(
                List.of("a/deep-model", "b/plain-model", "c/" + "another".repeat(40)),
                List.of(
                    ExampleReport.deep(),
                    ExampleReport.plain(),
                    RunReport.of("c", ExampleReport.record("slimllm"))))));
    write(
        "compare",
        ComparePage.of(
            Comparison.of(
                List.of("runs/story-llama-slimgpt", "runs/story-llama-slimllm"),
                List.of(ExampleReport.full(), ExampleReport.other()))));
  }

  private static void write(String page, String html) throws IOException {
    Files.writeString(directory.resolve(page + ".html"), html);
  }

  @AfterAll
  static void ends() {
    if (browser != null) {
      browser.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "report, light, 1200",
    "report, dark, 1200",
    "report, light, 360",
    "report, dark, 360",
    "compare, light, 1200",
    "compare, dark, 1200",
    "compare, light, 360",
    "compare, dark, 360",
    "plain, light, 1200",
    "plain, dark, 360",
    "deep, light, 360",
    "deep, dark, 1200",
  })
  void isWhole(String page, String scheme, int width) throws IOException, InterruptedException {
    browser.open(directory.resolve(page + ".html"), scheme, width);
    Files.write(
        SHOTS.resolve(String.join("-", page, scheme, width + ".png")), browser.screenshot());
    saysNothingOnTheConsole();
    asksNothingOfTheNetwork();
    assertThat(texts("[...document.querySelectorAll('canvas')].map(c => c.id)"))
        .isEqualTo(PLOTS.get(page));
    for (String plot : PLOTS.get(page)) {
      isDrawn(plot);
    }
    assertThat(browser.evaluate("document.hacked === undefined").asBoolean()).isTrue();
    assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
        .isLessThanOrEqualTo(width);
    assertThat(browser.evaluate("document.querySelectorAll('h1, main, nav').length").asInt())
        .isEqualTo(3);
    assertThat(
            texts(
                "[...document.querySelectorAll('.scroll')].filter(s => !s.querySelector(':scope > table > caption + thead th[scope=col]')).map(s => s.innerHTML)"))
        .isEmpty();
  }

  private static void saysNothingOnTheConsole() {
    for (String event :
        List.of("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")) {
      assertThat(browser.events(event)).as(event).isEmpty();
    }
  }

  private static void asksNothingOfTheNetwork() {
    assertThat(browser.events("Network.requestWillBeSent"))
        .extracting(e -> e.at("/request/url").asText())
        .allMatch(url -> url.startsWith("data:") || url.startsWith(directory.toUri().toString()))
        .filteredOn(url -> url.startsWith("file:"))
        .hasSize(1);
  }

  /** Many points of many colours: axes, marks and letters. */
  private static void isDrawn(String plot) {
    JsonNode drawn =
        browser.evaluate(
            """
            (() => {
              const canvas = document.getElementById("%s");
              const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
              const colours = new Set();
              let points = 0;
              for (let i = 0; i < data.length; i += 4) {
                if (data[i + 3] > 0) {
                  points++;
                  colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
                }
              }
              return { points, colours: colours.size, width: canvas.clientWidth, height: canvas.clientHeight };
            })()
            """
                .formatted(plot));
    assertThat(drawn.get("points").asInt()).as(plot + drawn).isGreaterThan(1500);
    assertThat(drawn.get("colours").asInt()).as(plot + drawn).isGreaterThan(4);
    assertThat(drawn.get("width").asInt()).as(plot + drawn).isGreaterThan(250);
    assertThat(drawn.get("height").asInt()).as(plot + drawn).isGreaterThan(100);
  }

  /** axe-core's rules for WCAG and good practice: contrast, names, roles, headings, landmarks. */
  @ParameterizedTest
  @CsvSource({
    "report, light, 1200",
    "report, dark, 360",
    "compare, light, 360",
    "compare, dark, 1200",
    "plain, light, 360",
  })
  void keepsNobodyFromReading(String page, String scheme, int width)
      throws IOException, InterruptedException {
    browser.open(directory.resolve(page + ".html"), scheme, width);
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)");
    try (InputStream axe = getClass().getResourceAsStream(AXE)) {
      browser.evaluate(new String(axe.readAllBytes(), UTF_8) + ";0");
    }
    assertThat(
            texts(
                "axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html + ' ' + n.failureSummary)))"))
        .isEmpty();
    assertThat(browser.evaluate("axe.run().then(r => r.passes.length)").asInt()).isGreaterThan(20);
  }

  @Test
  void followsTheColourSchemeWhileItIsOpen() throws InterruptedException {
    browser.open(directory.resolve("report.html"), "light", 1200);
    String background = "getComputedStyle(document.body).backgroundColor";
    String plot = "document.getElementById('errors').toDataURL()";
    String lightBackground = browser.evaluate(background).asText();
    String lightPlot = browser.evaluate(plot).asText();
    browser.prefer("dark");
    browser.settle();
    assertThat(browser.evaluate(background).asText()).isNotEqualTo(lightBackground);
    assertThat(browser.evaluate(plot).asText()).isNotEqualTo(lightPlot);
    browser.prefer("light");
    browser.settle();
    assertThat(browser.evaluate(plot).asText()).isEqualTo(lightPlot);
  }

  @Test
  void isPrintedInLightColours() throws InterruptedException {
    browser.open(directory.resolve("report.html"), "light", 1200);
    String plot = "document.getElementById('errors').toDataURL()";
    String light = browser.evaluate(plot).asText();
    browser.prefer("dark");
    browser.settle();
    assertThat(browser.evaluate("dispatchEvent(new Event('beforeprint')), " + plot).asText())
        .isEqualTo(light);
    assertThat(browser.evaluate("dispatchEvent(new Event('afterprint')), " + plot).asText())
        .isNotEqualTo(light);
  }

  /** A report whose policy was ignored would pass the tests above just as well. */
  @Test
  void runsNoScriptThatIsNotItsOwn() throws IOException, InterruptedException {
    write(
        "foreign",
        ReportPage.of(ExampleReport.plain())
            .replace("</main>", "<script>document.hacked=1</script></main>"));
    browser.open(directory.resolve("foreign.html"), "light", 1200);
    assertThat(browser.evaluate("document.hacked === undefined").asBoolean()).isTrue();
    assertThat(browser.events("Log.entryAdded"))
        .singleElement()
        .satisfies(e -> assertThat(e.toString()).contains("Content Security Policy"));
  }

  private static List<String> texts(String expression) {
    List<String> all = new ArrayList<>();
    browser.evaluate(expression).forEach(text -> all.add(text.asText()));
    return all;
  }
}
