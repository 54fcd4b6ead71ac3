// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.transforms.pruning.GroupSizes;
import io.github.slimbeam.transforms.pruning.HeadScore;
import io.github.slimbeam.transforms.pruning.SlimBeam;
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
    String[] own = {"--headScore=grouped", "--groupSizes=authors", "--damping=0.1"};
    SlimGpt elimination = new SlimGpt(HeadScore.GROUPED, GroupSizes.AUTHORS, 0.1);
    PruneOptions ours = read(own);
    assertThat(MethodRow.orDefault(ours.getMethod()).made(ours))
        .isEqualTo(new SlimBeam(elimination));
    PruneOptions papers =
        read(Stream.concat(Stream.of("--method=slimgpt"), Stream.of(own)).toArray(String[]::new));
    assertThat(papers.getMethod().made(papers)).isEqualTo(elimination);
  }

  private static PruneOptions read(String... words) {
    return CommandLine.options(
        Prune.options(),
        Stream.concat(
                List.of("--model=m", "--calibration=c", "--output=o").stream(), Stream.of(words))
            .toArray(String[]::new));
  }
}
