// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.ModelConfigTest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.planning.Rounding;
import io.github.slimbeam.transforms.planning.Widths;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundingTest {

  /** SlimGPT's runs: end points of the authors' runs, heads they remove, billions that stay. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0625 | 0.25 | 5.439 | 2,3,4,4,5,5,5,6,6,6,6,6,6,7,7,7,7,7,7,7,7,7,7,8,8,8,8,8,8,8,8,8",
        "0.125 | 0.65625 | 3.397 |"
            + " 4,7,9,11,12,13,14,14,15,15,16,16,17,17,17,18,18,18,18,19,19,19,19,20,20,20,20,20,21,21,21,21"
      })
  void nearestRemovesThePapersHeadsOfLlama7b(
      double first, double last, String billions, String heads) throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    List<Double> ratios = RatioSchedule.LOGARITHMIC.between(32, first, last);
    PruningPlan plan = Plans.of(config, "paper", ratios, Rounding.NEAREST, Widths.FREE);
    assertThat(
            plan.getTargets().stream()
                .filter(t -> t.getSublayer().getKind() == SublayerKind.ATTENTION)
                .map(SublayerTarget::getRemoved)
                .map(String::valueOf)
                .collect(Collectors.joining(",")))
        .isEqualTo(heads);
    long parameters = config.parameters(Plans.shapes(config, plan));
    assertThat(String.format(Locale.ROOT, "%.3f", parameters / 1e9)).isEqualTo(billions);
  }
}
