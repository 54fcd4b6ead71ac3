// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What a run prints and writes on a machine that writes figures in another way. */
@Isolated
class LocaleTest {
  private static final Pattern OTHER_DIGITS = Pattern.compile("[\\p{Nd}٫٬&&[^0-9]]");

  private final Locale usual = Locale.getDefault();

  @TempDir private Path directory;

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(usual);
  }

  @Test
  void figuresAreTheSameInEveryLocale() throws IOException {
    Path windows = ExampleJob.windows(directory, 2);
    Path output = directory.resolve("pruned");
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    assertThat(String.format("%d %.1f", 12, 0.5))
        .as("the test's own sense")
        .containsPattern(OTHER_DIGITS);
    List<String> printed =
        ExampleJob.pruneDirectly(
            output, windows, "--method=magnitude", "--recovery=none", "--evaluation=" + windows);
    assertThat(printed).isNotEmpty().noneMatch(line -> OTHER_DIGITS.matcher(line).find());
    for (String file : List.of("report.html", "report.json", "pruning.json")) {
      assertThat(Files.readString(output.resolve(file))).as(file).doesNotContainPattern("[٠-٩٫٬]");
    }
    Locale.setDefault(Locale.ROOT);
    List<String> table = table(output);
    assertThat(table)
        .anyMatch(line -> line.matches("parameters 1,238,656 -> \\d{3},\\d{3} \\(\\d+\\.\\d % .*"));
    assertThat(printed).containsAll(table);
    Locale.setDefault(Locale.GERMANY);
    assertThat(table(output)).isEqualTo(table);
  }

  private static List<String> table(Path output) throws IOException {
    return ExampleJob.printed(
        () -> PruningTable.print(System.out, new FileSystemsStorage(), output.toString()));
  }
}
