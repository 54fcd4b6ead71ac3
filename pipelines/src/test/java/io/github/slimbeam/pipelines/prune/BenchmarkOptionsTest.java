// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Options are read by proxies of another module, which see public types only. */
class BenchmarkOptionsTest {
  @ParameterizedTest
  @EnumSource
  void everyTableCanBeAskedFor(BenchmarkTable table) {
    assertThat(
            PipelineOptionsFactory.fromArgs("--table=" + table.optionName())
                .as(BenchmarkOptions.class)
                .getTable())
        .isEqualTo(table);
  }
}
