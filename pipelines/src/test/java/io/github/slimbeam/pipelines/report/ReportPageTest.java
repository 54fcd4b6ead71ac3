// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.storage.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReportPageTest {

  @Test
  void saysWhatCameOutInItsText() throws IOException {
    String page = ReportPage.of(ExampleReport.full());
    assertThat(page)
        .contains(
            "<title>story-llama-slimgpt</title>",
            "story-llama, pruned by slimgpt: 29.8\u00a0% of the decoder layers&#39; linear weights",
            "A layer keeps 2 to 4 of 4, the fewest in layers 3 and 5.",
            "A layer keeps 196 to 326 of 352, the fewest in layer 5.",
            "story-heldout.txt: 2.033 dense, 2.207 pruned (+8.6\u00a0%).",
            "Mean acc of 3 tasks: 0.5700 dense, 0.5267 pruned (−7.6\u00a0%).",
            "the longest in stage moments: 10.94 s.",
            "<td class=\"number\">0.4100 ± 0.0104</td>",
            "In 5 of the 5 layers that lost any, every removed one scores below every kept one.",
            "In 6 of the 6 layers that lost any, every removed one scores below every kept one.");
    assertThat(page).doesNotContain("Not measured");
  }

  @Test
  void plotsAllThatItHas() throws IOException {
    assertThat(plots(ReportPage.of(ExampleReport.full())))
        .containsExactly(
            "perplexity",
            "tasks",
            "allocation",
            "kept-attention",
            "kept-ffn",
            "errors",
            "scores-attention",
            "scores-ffn",
            "stages",
            "seconds");
  }

  @Test
  void leavesOutTheSectionsOfWhatWasNotMeasured() throws IOException {
    String page = ReportPage.of(ExampleReport.plain());
    assertThat(page)
        .contains(
            "Not measured: perplexity, benchmark tasks, generated samples, time per stage.",
            "A layer keeps 2 to 4 of 4")
        .doesNotContain(
            "<h2 id=\"scores", "<h2 id=\"perplexity", "<h2 id=\"samples", "<h2 id=\"tasks");
    assertThat(plots(page))
        .containsExactly("allocation", "kept-attention", "kept-ffn", "errors", "seconds");
  }

  @Test
  void plotsWhatARefitLeftOnWindowsItWasFittedToAndOnOthers() throws IOException {
    ObjectNode record = ExampleReport.record("slimgpt");
    assertThat(ReportPage.of(RunReport.of("out", record))).doesNotContain("<h2 id=\"refit");
    fitted(record, 1, List.of(0.5, 0.25, 0.2), List.of(0.5, 0.4, 0.3));
    fitted(record, 3, List.of(0.4), List.of(0.45));
    fitted(record, 5, List.of(0.8, 0.6), List.of(0.8, 0.72));
    RunReport report = RunReport.of("out", record);
    String page = ReportPage.of(report);
    assertThat(plots(page)).contains("refit");
    JsonNode chart = null;
    for (JsonNode one : new ObjectMapper().readTree(element(page, "id=\"charts\""))) {
      chart = one.get("id").asText().equals("refit") ? one : chart;
    }
    assertThat(chart.get("series").findValuesAsText("name"))
        .containsExactly("fitted, before", "fitted, after", "held out, before", "held out, after");
    assertThat(chart.at("/series/1/values")).hasToString("[0.2,0.4,0.6,null,null,null]");
    assertThat(chart.at("/series/2/values")).hasToString("[0.5,0.45,0.8,null,null,null]");
    assertThat(page)
        .contains(
            "A round was taken in 2 of 6 FFNs. On windows that were not fitted to, the error falls by 10.0\u00a0% to"
                + " 40.0\u00a0% there.")
        .contains("0.5000 → 0.4000 → 0.3000");
    assertThat(report.pruning().at("/sublayers/1/refitHeldOut")).hasToString("[0.5,0.4,0.3]");
  }

  private static void fitted(
      ObjectNode record, int sublayer, List<Double> errors, List<Double> heldOut) {
    ObjectNode entry = (ObjectNode) record.at("/sublayers/" + sublayer);
    errors.forEach(entry.putArray("refitErrors")::add);
    heldOut.forEach(entry.putArray("refitHeldOut")::add);
  }

  /** The same number of canvases as of plots, each in a figure that says what it shows. */
  private static List<String> plots(String page) throws IOException {
    List<String> ids = new ArrayList<>();
    for (JsonNode chart : new ObjectMapper().readTree(element(page, "id=\"charts\""))) {
      String id = chart.get("id").asText();
      ids.add(id);
      assertThat(page)
          .containsPattern(
              "role=\"img\" aria-label=\""
                  + chart.get("title").asText()
                  + "\\. .+\">"
                  + "<canvas id=\""
                  + id
                  + "\"></canvas>");
    }
    assertThat(page.split("<canvas ", -1)).hasSize(ids.size() + 1);
    return ids;
  }

  @Test
  void takesNoTextForMarkup() throws IOException {
    ObjectNode record = ExampleReport.record("slimgpt").put("model", ExampleReport.HOSTILE);
    ((ObjectNode) record.get("recipe")).put("method", ExampleReport.HOSTILE);
    ((ObjectNode) record.at("/recipe/options/0")).put("value", ExampleReport.HOSTILE);
    RunReport report =
        new RunReport(
            RunReport.VERSION,
            ExampleReport.HOSTILE,
            record,
            null,
            null,
            List.of(new RunReport.Stage(ExampleReport.HOSTILE, null, null, null, 1)),
            List.of(
                new RunReport.Perplexity(
                    ExampleReport.HOSTILE, "", false, 2, 1, 1, ExampleReport.HOSTILE, 1.0, 2.0)),
            ExampleReport.full().tasks(),
            ExampleReport.full().samples());
    String page = ReportPage.of(report);
    assertThat(page.split("</script", -1)).hasSize(4);
    assertThat(page.split("<script", -1)).hasSize(4);
    assertThat(page)
        .doesNotContain("<img", "\u2028\u2029{{title}} ${1} $1 \\ --> ")
        .contains(
            "&lt;/script&gt;&lt;script&gt;document.hacked=1&lt;/script&gt;&lt;img src=x"
                + " onerror=&quot;document.hacked=1&quot;&gt;&#39;&quot;&amp;amp;\u2028\u2029{{title}} ${1} $1 \\"
                + " --&gt; ]]&gt; \ufffd");
    String charts = element(page, "id=\"charts\"");
    assertThat(charts).doesNotContain("<", ">", "&", "\u2028", "\u2029");
    assertThat(new ObjectMapper().readTree(charts).findValuesAsText("labels")).isNotEmpty();
    assertThat(new ObjectMapper().readTree(charts).toString()).contains("document.hacked=1");
  }

  @Test
  void letsNothingRunButItsOwnScripts() throws IOException {
    String page = ReportPage.of(ExampleReport.full());
    Matcher policy =
        Pattern.compile("Content-Security-Policy\" content=\"([^\"]*)\"").matcher(page);
    assertThat(policy.find()).isTrue();
    List<String> hashes = new ArrayList<>();
    Matcher blocks = Pattern.compile("<(script|style)>(.*?)</\\1>", Pattern.DOTALL).matcher(page);
    while (blocks.find()) {
      byte[] hash = Sha256.of(blocks.group(2).getBytes(UTF_8));
      hashes.add("'sha256-" + Base64.getEncoder().encodeToString(hash) + "'");
    }
    assertThat(policy.group(1))
        .isEqualTo(
            String.format(
                "default-src 'none'; script-src %s %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'",
                hashes.get(1), hashes.get(2), hashes.get(0)));
    assertThat(page).doesNotContainPattern("(src|href)=\"(?!#|data:)").doesNotContain("style=\"");
  }

  @Test
  void carriesTheLicenceOfItsLibrary() throws IOException {
    assertThat(ReportPage.of(ExampleReport.plain()))
        .contains(
            "The MIT License (MIT)",
            "Chart.js Contributors",
            "The above copyright notice and this permission notice shall be included",
            "@kurkle/color")
        .doesNotContain("sourceMappingURL");
  }

  private static String element(String page, String attribute) {
    int from = page.indexOf('>', page.indexOf("<script type=\"application/json\" " + attribute));
    return page.substring(from + 1, page.indexOf("</script>", from));
  }
}
