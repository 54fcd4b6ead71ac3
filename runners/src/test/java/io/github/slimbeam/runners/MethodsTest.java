// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MethodsTest {

  @Test
  void listsEveryMethodRecoveryAndSchedule() {
    List<String> lines = printed().lines().toList();
    assertThat(lines)
        .filteredOn(line -> line.matches("  [a-z]+"))
        .containsExactly(
            "  slimgpt", "  slimbeam", "  slimllm", "  flap", "  wanda", "  magnitude", "  random");
    assertThat(lines)
        .contains(
            "recoveries (--recovery), for any method: none, regression, bias, compensation,"
                + " leastSquares, affine",
            "schedules (--schedule), for any method: logarithmic, linear, uniform,"
                + " decreasing-logarithmic, decreasing-linear, similarity, flap, global");
  }

  @Test
  void saysOfAMethodItsPaperItsNeedsItsPresetAndItsDefaults() {
    assertThat(printed())
        .contains(
            """
              slimllm
                paper     Guo et al., SlimLLM: Accurate Structured Pruning for Large Language Models, ICML 2025
                needs     n, Σx and XᵀX, and the opening linears
                recovery  regression
                schedule  similarity
                target    self
                refit     none
                defaults  search=sweep, keepLowest=true
            """
                .indent(0));
  }

  @Test
  void takesNoOptions() {
    assertThat(Slim.run(new String[] {"methods", "--foo"})).isEqualTo(2);
  }

  private static String printed() {
    return Trial.output(() -> assertThat(Slim.run(new String[] {"methods"})).isZero());
  }
}
