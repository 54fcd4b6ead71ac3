// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JvmEngineTest {
  private static final String SLOTS = "slimbeam.test.slots";

  @AfterEach
  void clear() {
    System.clearProperty(SLOTS);
  }

  @Test
  void unlessToldEachWorkerHasOneThread() {
    assertThat(JvmEngine.threads(16, SLOTS)).isEqualTo(1);
  }

  @Test
  void slotsShareTheCores() {
    assertThat(threads(16, 1)).isEqualTo(16);
    assertThat(threads(16, 4)).isEqualTo(4);
    assertThat(threads(16, 5)).isEqualTo(3);
    assertThat(threads(2, 8)).as("never none").isEqualTo(1);
    assertThat(threads(2, 0)).isEqualTo(2);
  }

  private static int threads(int cores, int slots) {
    System.setProperty(SLOTS, String.valueOf(slots));
    return JvmEngine.threads(cores, SLOTS);
  }
}
