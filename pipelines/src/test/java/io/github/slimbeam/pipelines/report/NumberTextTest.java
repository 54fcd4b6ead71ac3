// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0",
        "2.20684 | 2.207",
        "0.29791666 | 0.2979",
        "0.9999999 | 1.000",
        "9.99999 | 10.00",
        "0.00593973 | 0.005940",
        "0.0001 | 0.0001000",
        "0.00001234567 | 1.235e−5",
        "1.5e-300 | 1.500e−300",
        "17.384 | 17.38",
        "1234567.8 | 1,234,568",
        "1234.5 | 1,235",
        "8030261248 | 8,030,261,248",
        "-0.0512345 | −0.05123",
        "NaN | not a number",
        "Infinity | ∞",
        "-Infinity | −∞",
      })
  void hasFourSignificantDigits(double value, String text) {
    assertThat(NumberText.number(value)).isEqualTo(text);
  }

  @Test
  void saysWhatWasNotMeasuredByADash() {
    assertThat(NumberText.number((Double) null)).isEqualTo("–");
    assertThat(NumberText.count(null)).isEqualTo("–");
    assertThat(NumberText.change(0, 1)).isEqualTo("–");
  }

  @Test
  void saysSharesAndChangesAsPercentages() {
    assertThat(NumberText.percent(0.29791)).isEqualTo("29.8\u00a0%");
    assertThat(NumberText.change(2.0331, 2.2068)).isEqualTo("+8.5\u00a0%");
    assertThat(NumberText.change(2, 1)).isEqualTo("−50.0\u00a0%");
  }
}
