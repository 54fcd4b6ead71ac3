// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Examples in the steps' documentation are compiled as they stand there. */
class JavadocExampleTest {
  private static final Path STEPS =
      Path.of("src", "main", "java", "io", "github", "slimbeam", "transforms");

  private static final Pattern EXAMPLE =
      Pattern.compile("<pre>\\{@code\\n(.*?)\\n \\* }</pre>", Pattern.DOTALL);

  /** What examples may take for granted. */
  private static final String AROUND =
      """
      import io.github.slimbeam.schemas.*;
      import io.github.slimbeam.transforms.*;
      import io.github.slimbeam.transforms.filesystems.*;
      import io.github.slimbeam.transforms.model.*;
      import io.github.slimbeam.transforms.planning.*;
      import io.github.slimbeam.transforms.pruning.*;
      import io.github.slimbeam.transforms.work.*;
      import org.apache.beam.sdk.*;
      import org.apache.beam.sdk.values.*;

      class Example {
        void example(Pipeline pipeline, String model, String output, ModelConfig config%s) throws Exception {
          %s
        }
      }
      """;

  @TempDir private Path directory;

  static Stream<Path> steps() throws IOException {
    try (Stream<Path> files = Files.list(STEPS)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !examples(file).isEmpty())
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("steps")
  void compiles(Path step) throws IOException {
    for (String code : examples(step)) {
      String given =
          (code.contains("> windows =") ? "" : ", PCollection<TokenSequence> windows")
              + (code.contains("> texts =") ? "" : ", PCollection<String> texts");
      Path source = directory.resolve("Example.java");
      Files.writeString(source, AROUND.formatted(given, code));
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      int errors =
          ToolProvider.getSystemJavaCompiler()
              .run(null, said, said, "-proc:none", "-d", directory.toString(), source.toString());
      assertThat(errors).as(said.toString(UTF_8)).isZero();
    }
  }

  private static List<String> examples(Path file) {
    try {
      return EXAMPLE
          .matcher(Files.readString(file))
          .results()
          .map((MatchResult match) -> match.group(1).replaceAll("(?m)^ \\* ?", ""))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
