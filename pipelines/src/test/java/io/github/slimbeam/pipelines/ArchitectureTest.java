package io.github.slimbeam.pipelines;

import io.github.slimbeam.transforms.LocaleRule;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void nothingFollowsTheMachinesLocale() {
    LocaleRule.check(ArchitectureTest.class.getPackageName());
  }
}
