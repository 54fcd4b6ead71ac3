// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;

class CommandTest {
  /** As in a program that prunes, measures and compares: Beam wants one default for one name. */
  @Test
  void allOptionsFitInOneRegistry() {
    PipelineOptions options = PipelineOptionsFactory.create();
    for (Command command : Command.ALL) {
      if (command.options() != null) {
        PipelineOptionsFactory.register(command.options().type());
        assertThat(options.as(command.options().type())).as(command.name()).isNotNull();
      }
    }
  }
}
