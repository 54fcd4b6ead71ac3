// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What cannot be seen on a CPU: a program that makes a tensor without saying where makes it on the
 * CPU, and fails only where its other tensors are on a GPU.
 */
class TorchProgramsTest {
  private static final Path RESOURCES =
      Path.of("src/main/resources/io/github/slimbeam/transforms").toAbsolutePath();

  /** Everything of PyTorch that makes a tensor out of no tensor. */
  private static final Pattern MAKES =
      Pattern.compile(
          "torch\\.(arange|range|zeros|ones|empty|empty_strided|full|eye|tensor|scalar_tensor|as_tensor"
              + "|linspace|logspace|rand|randn|randint|randperm|tril_indices|triu_indices|complex)\\(");

  private static final Pattern MOVES = Pattern.compile("torch\\.(cpu|cuda)\\(|torch\\.device\\(");

  @Test
  void everyTensorIsMadeWhereItsFellowsAre() {
    Map<String, String> programs = programs();
    assertThat(programs)
        .containsKeys(
            "TensorBytes.torchscript", "DecoderForward.torchscript", "SlimLlm.torchscript")
        .hasSizeGreaterThan(8);
    assertThat(programs.values().stream().flatMap(p -> calls(p).stream()).count())
        .as("calls found, so that the rule is about something")
        .isGreaterThanOrEqualTo(3);
    programs.forEach(
        (name, program) ->
            assertThat(calls(program))
                .as(name)
                .allSatisfy(call -> assertThat(call).containsPattern("device=[a-z]+\\.device\\b")));
  }

  @Test
  void theRuleSeesACallWithoutADevice() {
    assertThat(calls("a = torch.zeros([f(2), 3], dtype=7) + torch.zeros_like(b)"))
        .containsExactly("torch.zeros([f(2), 3], dtype=7)");
    assertThat(calls("torch.arange(t, dtype=6, device=x.device), f)"))
        .containsExactly("torch.arange(t, dtype=6, device=x.device)");
  }

  @Test
  void onlyWhatLeavesForJavaGoesToTheHost() {
    List<String> moves = new ArrayList<>();
    programs()
        .forEach(
            (name, program) ->
                program
                    .lines()
                    .filter(line -> MOVES.matcher(line).find())
                    .forEach(line -> moves.add(name + ": " + line.strip())));
    assertThat(moves)
        .containsExactlyInAnyOrder(
            "TensorBytes.torchscript: return torch.cpu(torch.contiguous(y))");
  }

  private static List<String> calls(String program) {
    List<String> calls = new ArrayList<>();
    Matcher matcher = MAKES.matcher(program);
    while (matcher.find()) {
      int depth = 1;
      int end = matcher.end();
      while (depth > 0) {
        depth += program.charAt(end) == '(' ? 1 : program.charAt(end) == ')' ? -1 : 0;
        end++;
      }
      calls.add(program.substring(matcher.start(), end));
    }
    return calls;
  }

  /** The sources beside the classes. */
  private static Map<String, String> programs() {
    try (Stream<Path> files = Files.walk(RESOURCES)) {
      return files
          .filter(f -> f.toString().endsWith(".torchscript"))
          .collect(Collectors.toMap(f -> f.getFileName().toString(), TorchProgramsTest::read));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
