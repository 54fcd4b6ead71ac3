// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import io.github.slimbeam.transforms.LocaleRule;
import io.github.slimbeam.transforms.RoomRules;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void nothingFollowsTheMachinesLocale() {
    LocaleRule.check(ArchitectureTest.class.getPackageName());
  }

  @Test
  void nothingGoesRoundInACircle() {
    RoomRules.check(ArchitectureTest.class.getPackageName());
  }
}
