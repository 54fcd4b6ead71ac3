// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What bash itself offers. */
class BashCompletionTest {
  @TempDir private Path directory;

  @BeforeEach
  void print() throws Exception {
    Files.writeString(
        directory.resolve("completion"),
        Trial.output(() -> assertThat(Slim.run(new String[] {"completion"})).isZero()));
  }

  @Test
  void offersCommandsAndTheirOptions() throws Exception {
    assertThat(offered("slim", "per")).containsExactly("perplexity");
    assertThat(offered("slim", "prune", "--headS")).containsExactly("--headScore");
    assertThat(offered("slim", "perplexity", "--headS")).isEmpty();
  }

  /** Bash cuts at the equals sign before it asks. */
  @Test
  void offersWhatAnOptionCanBe() throws Exception {
    assertThat(offered("slim", "prune", "--recovery", "=", "lea")).containsExactly("leastSquares");
    assertThat(offered("slim", "prune", "--layout", "="))
        .containsExactly("perLayer", "ffn", "uniform");
    assertThat(offered("slim", "inspect", "--method", "=", "slim"))
        .containsExactly("slimgpt", "slimbeam", "slimllm");
    Files.createDirectories(directory.resolve("models"));
    assertThat(offered("slim", "prune", "--model", "=", "mod")).containsExactly("models");
  }

  private List<String> offered(String... words) throws Exception {
    String quoted = Stream.of(words).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    String script =
        "source completion; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE=\"${COMP_WORDS[*]}\";"
            + " _slim_with_equals_signs; printf '%%s\\n' \"${COMPREPLY[@]}\"";
    Process bash =
        new ProcessBuilder("bash", "-c", script.formatted(quoted, words.length - 1))
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new String(bash.getInputStream().readAllBytes(), UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList();
  }
}
