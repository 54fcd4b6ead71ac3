package io.github.slimbeam.runners;

import io.github.slimbeam.transforms.LocaleRule;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void nothingFollowsTheMachinesLocale() {
    LocaleRule.check(ArchitectureTest.class.getPackageName());
  }
}
