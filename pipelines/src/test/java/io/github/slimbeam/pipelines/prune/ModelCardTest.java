// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.output.CardFile;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The card of the bundled model after a job. */
class ModelCardTest {
  @TempDir private Path directory;

  @Test
  void saysWhatItIsAndHowItWasMadeAndNothingThatWasNotMeasured() throws IOException {
    Path model = dense();
    Path output = directory.resolve("small | one");
    Path windows = ExampleJob.windows(directory, 2);
    ExampleJob.prune(
        model,
        output,
        windows,
        "--runner=DirectRunner",
        "--method=magnitude",
        "--schedule=uniform");
    List<String> card = card(output);
    assertThat(card)
        .startsWith(
            "---",
            "base_model: \"dense\"",
            "license: other",
            "license_link: LICENSE",
            "language:",
            "- en",
            "- de",
            "library_name: transformers",
            "pipeline_tag: text-generation",
            "tags: [structured-pruning, slim-beam]",
            "---",
            CardFile.MARK,
            "",
            "# small \\| one",
            "")
        .contains(
            "| parameters of the language model | 1,238,656 | "
                + String.format("%,d", ExampleJob.record(output).get("parametersAfter").asLong())
                + " |",
            "| method | magnitude |",
            "| schedule | uniform |",
            "| pruningRatio | 0.3 |",
            "| 0 | 6 of 8 | 3 of 4 | 246 of 352 |",
            "Nothing was measured in the run that made it.")
        .anyMatch(line -> line.startsWith("| transformers | yes | with trust_remote_code=True"))
        .anyMatch(line -> line.startsWith("| llama.cpp (GGUF) | once converted | export with "))
        .noneMatch(line -> line.contains("tags: [a]") || line.contains("perplexity"));
    ExampleJob.prune(
        model,
        output,
        windows,
        "--runner=DirectRunner",
        "--method=random",
        "--overwrite",
        "--evaluation=" + text());
    assertThat(card(output))
        .contains("| method | random |")
        .anyMatch(
            line ->
                line.matches(
                    "\\| perplexity, .*text\\.txt \\| 1 windows of 256 tokens, .* \\| \\d\\.\\d{4} \\|"
                        + " \\d+\\.\\d{4} \\|"));
  }

  /** Before anything is computed. */
  @Test
  void somebodysOwnCardIsLeftAlone() throws IOException {
    Path output = directory.resolve("pruned");
    Path windows = ExampleJob.windows(directory, 2);
    ExampleJob.pruneDirectly(output, windows, "--method=magnitude");
    Files.writeString(output.resolve("README.md"), "mine\n");
    List<String> names = ExampleJob.names(output);
    assertThatThrownBy(
            () -> ExampleJob.pruneDirectly(output, windows, "--method=random", "--overwrite"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("README.md was not written by slim-beam");
    assertThat(output.resolve("README.md")).hasContent("mine");
    assertThat(ExampleJob.names(output)).isEqualTo(names);
    assertThat(ExampleJob.record(output).at("/recipe/method").asText()).isEqualTo("magnitude");
  }

  private static List<String> card(Path output) throws IOException {
    return Files.readAllLines(output.resolve("README.md"));
  }

  /** With a card of its own. */
  private Path dense() throws IOException {
    Path model = Files.createDirectory(directory.resolve("dense"));
    try (Stream<Path> files = Files.list(ExampleJob.EXAMPLES.resolve("story-llama"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("README.md"),
        "---\nlicense: other\nlicense_link: LICENSE\ntags: [a]\nlanguage:\n- en\n- de\n---\n# Mine\nlicense: no\n---\n");
    return model;
  }

  private Path text() throws IOException {
    String text = Files.readString(ExampleJob.EXAMPLES.resolve("story-heldout.txt"));
    return Files.writeString(directory.resolve("text.txt"), text.substring(0, 1500));
  }
}
