// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardCountTest {
  @ParameterizedTest
  @CsvSource({
    // The example model; few windows; one.
    "128, 256, 352, 4",
    "8, 256, 352, 2",
    "1, 256, 352, 1",
    // 1B: as many as take 8192 tokens each, up to 64.
    "128, 2048, 5632, 32",
    "1024, 2048, 5632, 64",
    "64, 1024, 5632, 8",
    // 7B: 35 shards of 0.48 GB stay below 16 GiB.
    "128, 2048, 11008, 32",
    "512, 2048, 11008, 35",
    "8, 2048, 11008, 2",
    // 70B: 3.3 GB each, so no more than 16.
    "128, 2048, 28672, 16",
  })
  void followsFromTheSampleAndTheModel(int windows, int length, long columns, int shards) {
    assertThat(ShardCount.of(windows, length, columns)).isEqualTo(shards);
  }

  @Test
  void isEvenAndLeavesNoShardEmpty() {
    for (int windows = 1; windows <= 300; windows++) {
      int shards = ShardCount.of(windows, 2048, 4096);
      int each = (windows + shards - 1) / shards;
      assertThat(shards).isBetween(1, Math.min(windows, 64));
      assertThat((shards - 1) * each).as("%d windows", windows).isLessThan(windows);
    }
  }
}
