// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code slim generate} on the example model; transformers gives the same greedy tokens. */
class GenerateTest {
  private static final String OSCAR = "There once lived a small boy whose name was Oscar.";
  private static final String OSCARS_STORY =
      OSCAR
          + " One afternoon, his grandfather asked him to fix the roof. But Max wanted to go to the field."
          + " So he went out to play in the forest. \"Did you fix the roof?\" asked his grandfather."
          + " \"No,\" said Max. He was so sad. Then his friend Kate came";
  private static final String CLARA = "One sunny evening, Clara went to the market";
  private static final String CLARAS_STORY =
      CLARA
          + ". She saw a girl sitting alone. It was Zoe. \"Hello, Zoe,\" said Kate. \"Do you want to play with me?\""
          + " Zoe had a silver scarf. \"Can I play with your scarf?\" asked Zoe. \"Yes, if I can play with your";

  @TempDir private Path directory;

  private record Ran(int code, String out, List<String> err) {}

  @Test
  void writesAPromptOn() {
    Ran ran = run("--prompt=" + OSCAR, "--maxTokens=60");
    assertThat(ran.err()).hasSize(1);
    assertThat(ran.err().get(0))
        .matches("12 prompt tokens, 60 new tokens, [0-9.]+ tokens/s, stopped: --maxTokens");
    assertThat(ran.out()).isEqualTo(OSCARS_STORY + "\n");
    assertThat(ran.code()).isZero();
  }

  @Test
  void writesEachPromptOfAFileOnByItself() throws IOException {
    Path file = Files.writeString(directory.resolve("prompts.txt"), OSCAR + "\n\n" + CLARA + "\n");
    Ran ran = run("--prompts=" + file, "--maxTokens=60");
    assertThat(ran.out()).isEqualTo(OSCARS_STORY + "\n\n" + CLARAS_STORY + "\n");
    assertThat(ran.err()).hasSize(2);
  }

  @Test
  void stopsWhereTheModelDoes() {
    Ran ran = run("--prompt=" + CLARA, "--maxTokens=240");
    assertThat(ran.out()).startsWith(CLARAS_STORY).doesNotContain("</s>");
    assertThat(ran.err().get(0))
        .matches(
            "10 prompt tokens, 177 new tokens, [0-9.]+ tokens/s, stopped: the model ended the text");
  }

  @Test
  void beginsATextWithoutAPrompt() {
    Ran ran = run("--maxTokens=15");
    assertThat(ran.out()).hasSizeGreaterThan(15).doesNotContain("<s>");
    assertThat(ran.err().get(0)).startsWith("1 prompt tokens, 15 new tokens, ");
    assertThat(run("--maxTokens=15", "--prompt=").out()).isEqualTo(ran.out());
  }

  @Test
  void stopsWhereTheContextIsFull() {
    Ran ran = run("--prompt=" + "Tim and Kate played. ".repeat(40), "--maxTokens=1000");
    assertThat(ran.err().get(0)).endsWith("stopped: the model's context is full");
  }

  @Test
  void theSeedDecidesWhatIsDrawn() {
    String[] drawn = {"--prompt=Mia", "--temperature=1.2", "--topK=50", "--topP=0.95"};
    String first = run(with(drawn, "--seed=1")).out();
    assertThat(run(with(drawn, "--seed=1")).out()).isEqualTo(first);
    assertThat(run(with(drawn, "--seed=2")).out()).isNotEqualTo(first);
    assertThat(run(with(drawn, "--topK=1")).out()).isEqualTo(run("--prompt=Mia").out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--maxTokens=0 | --maxTokens=0: expected a positive number",
        "--temperature=-1 | --temperature=-1.0: expected 0",
        "--topK=5 | --topK and --topP say what may be drawn, and at --temperature=0 nothing is",
        "--prompts=/nowhere | --prompts=/nowhere: no such file",
        "--maxToken=3 | --maxToken is not an option: did you mean --maxTokens?",
        "--device=tpu | --device=tpu: expected auto, cpu or cuda:N",
      })
  void namesTheOptionAndWhatIsExpected(String option, String message) {
    refuses(message, option);
  }

  @Test
  void namesThePromptThatDoesNotFit() throws IOException {
    String words = "Tim and Kate played. ".repeat(100);
    refuses("the prompt has 503 tokens, and the model's context holds 256", "--prompt=" + words);
    Path file = Files.writeString(directory.resolve("prompts.txt"), OSCAR + "\n" + words);
    refuses("prompt 2 has 503 tokens, and the model's context holds 256", "--prompts=" + file);
    Path empty = Files.writeString(directory.resolve("empty.txt"), "\n \n");
    refuses("--prompts=" + empty + ": no text there", "--prompts=" + empty);
    refuses("--prompt and --prompts each say", "--prompts=" + file, "--prompt=Once");
  }

  @Test
  void needsAModelWithATokenizer() throws IOException {
    assertThat(Trial.said("generate").lines()).containsExactly("slim generate: --model is missing");
    Path model = Files.createDirectories(directory.resolve("model"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Trial.EXAMPLES.resolve("story-llama").resolve(name), model.resolve(name));
    }
    assertThat(Trial.said("generate", "--model=" + model).lines().get(0))
        .startsWith("slim generate: " + model.resolve("tokenizer.json") + ": no such file");
  }

  private static void refuses(String message, String... options) {
    Ran ran = run(options);
    assertThat(ran.code()).as(ran.err().toString()).isEqualTo(2);
    assertThat(ran.err()).hasSize(1);
    assertThat(ran.err().get(0)).startsWith("slim generate: ").contains(message);
    assertThat(ran.out()).isEmpty();
  }

  private static String[] with(String[] options, String more) {
    List<String> all = new ArrayList<>(List.of(options));
    all.removeIf(o -> o.startsWith(more.substring(0, more.indexOf('=') + 1)));
    all.add(more);
    return all.toArray(String[]::new);
  }

  private static Ran run(String... options) {
    List<String> words = new ArrayList<>(List.of("generate"));
    words.add("--model=" + Trial.EXAMPLES.resolve("story-llama"));
    words.addAll(List.of(options));
    Trial.Said[] said = new Trial.Said[1];
    String out = Trial.output(() -> said[0] = Trial.said(words.toArray(String[]::new)));
    return new Ran(said[0].code(), out, said[0].lines());
  }
}
