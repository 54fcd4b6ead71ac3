// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  private static Comparison two() throws IOException {
    return Comparison.of(
        List.of("runs/gpt/", "runs/llm/report.json"),
        List.of(ExampleReport.full(), ExampleReport.other()));
  }

  @Test
  void namesWhatDiffers() throws IOException {
    assertThat(two().differences())
        .extracting(Comparison.Asked::name)
        .contains("method", "schedule", "headScore", "search")
        .doesNotContain("model", "pruningRatio", "seed", "sequenceLength");
    assertThat(two().recipe(0))
        .isEqualTo("method=slimgpt, recovery=compensation, schedule=logarithmic");
    assertThat(ComparePage.of(two()))
        .contains(
            "<h1>2 runs compared</h1>",
            "<li>method: slimgpt in gpt; slimllm in llm.</li>",
            "<li>search: not asked for in gpt; sweep in llm.</li>",
            "All runs saw the same calibration windows.",
            "Perplexity, story-heldout.txt: best in llm, 2.155. Perplexity, other.txt: best in gpt and llm, 8.250.",
            "Mean acc of 3 tasks: best in llm, 0.5333.");
  }

  @Test
  void printsATableWithTheDenseModelOnTop() throws IOException {
    List<String> lines = new Overview(two()).table().markdown();
    assertThat(lines).hasSize(5);
    assertThat(lines.get(0))
        .isEqualTo(
            "| run | differs in | removed | parameters | perplexity, story-heldout.txt | perplexity, other.txt"
                + " | mean acc of 3 tasks | arc_easy, acc_norm |");
    assertThat(lines.get(1)).isEqualTo("|---|---|---:|---:|---:|---:|---:|---:|");
    assertThat(lines.get(2))
        .isEqualTo("| dense |  | 0 | 1,238,656 | 2.033 | 7.500 | 0.5700 | 0.4500 |");
    assertThat(lines.get(3))
        .startsWith("| gpt | method=slimgpt, ")
        .endsWith(" | 29.8\u00a0% | 909,184 | 2.207 | 8.250 | 0.5267 | 0.4200 |");
    assertThat(lines.get(4)).startsWith("| llm | method=slimllm, ");
  }

  @Test
  void comparesOnlyPerplexitiesThatWereMeasuredAlike() throws IOException {
    RunReport.Perplexity one = ExampleReport.full().perplexity().get(0);
    RunReport.Perplexity longer =
        new RunReport.Perplexity(
            one.text(), one.join(), false, 512, 83, 42_000, one.dtype(), 2.1, 2.2);
    Comparison comparison =
        Comparison.of(
            List.of("a", "b"),
            List.of(
                ExampleReport.full().withPerplexity(List.of(one)),
                ExampleReport.other().withPerplexity(List.of(longer))));
    assertThat(new Overview(comparison).perplexityNames())
        .containsExactly(
            "perplexity, story-heldout.txt (windows of 256, joined by two newlines, no special tokens, bfloat16)",
            "perplexity, story-heldout.txt (windows of 512, joined by two newlines, no special tokens, bfloat16)");
    assertThat(new Overview(comparison).table().markdown().get(4)).contains("| – | 2.200 |");
  }

  /** Without perplexity, tasks, samples and time; and of two dense models of unlike depth. */
  @Test
  void comparesWhatThereIs() throws IOException {
    ObjectNode shallow = ExampleReport.record("slimllm").put("model", "models/other | one");
    ((ObjectNode) shallow.at("/modelFiles/0")).put("sha256", "00");
    ArrayNode sublayers = (ArrayNode) shallow.get("sublayers");
    sublayers.remove(11);
    sublayers.remove(10);
    Comparison comparison =
        Comparison.of(
            List.of("x/out", "y/out"),
            List.of(ExampleReport.plain(), RunReport.of("y/out", shallow)));
    assertThat(comparison.runs())
        .extracting(Comparison.Run::name)
        .containsExactly("x/out", "y/out");
    List<String> lines = new Overview(comparison).table().markdown();
    assertThat(lines.get(2)).startsWith("| dense, story-llama |");
    assertThat(lines.get(3)).startsWith("| dense, other \\| one |");
    assertThat(ComparePage.of(comparison))
        .contains("<td class=\"number\">–</td>")
        .doesNotContain("<h2 id=\"quality", "<h2 id=\"samples", "<h2 id=\"time");
  }

  @Test
  void tellsTheSameRunTwiceApart() throws IOException {
    Comparison comparison =
        Comparison.of(
            List.of("out", "out/"), List.of(ExampleReport.plain(), ExampleReport.plain()));
    assertThat(comparison.runs())
        .extracting(Comparison.Run::name)
        .containsExactly("out (1)", "out (2)");
    assertThat(ComparePage.of(comparison)).contains("All runs were asked the same.");
  }

  @Test
  void takesNoTextForMarkup() throws IOException {
    RunReport hostile = RunReport.of(ExampleReport.HOSTILE, ExampleReport.record("slimgpt"));
    String page =
        ComparePage.of(
            Comparison.of(
                List.of(ExampleReport.HOSTILE, "b"),
                List.of(
                    hostile.withSamples(ExampleReport.full().samples()), ExampleReport.other())));
    assertThat(page.split("</script", -1)).hasSize(4);
    assertThat(page).doesNotContain("<img");
  }
}
