// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.transforms.pruning.GroupSizes;
import io.github.slimbeam.transforms.pruning.HeadScore;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MethodRowTest {

  @ParameterizedTest
  @EnumSource(MethodRow.class)
  void aNameAloneMeansTheDefaults(MethodRow row) {
    PruneOptions options = read("--method=" + row.optionName());
    assertThat(options.getMethod()).isEqualTo(row);
    assertThat(row.made(options)).isEqualTo(row.defaults());
  }

  @Test
  void makesAMethodFromItsOwnOptions() {
    PruneOptions options = read("--headScore=grouped", "--groupSizes=fixed", "--damping=0.1");
    assertThat(options.getMethod().made(options))
        .isEqualTo(new SlimGpt(HeadScore.GROUPED, GroupSizes.FIXED, 0.1));
  }

  private static PruneOptions read(String... words) {
    return CommandLine.options(
        Prune.options(),
        Stream.concat(
                List.of("--model=m", "--calibration=c", "--output=o").stream(), Stream.of(words))
            .toArray(String[]::new));
  }
}
