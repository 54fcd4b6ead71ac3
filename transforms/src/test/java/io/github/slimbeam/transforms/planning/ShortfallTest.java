// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.UserText;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShortfallTest {
  /** 4 heads of 16 over one KV group and 96 channels: per layer 10,240 and 18,432 weights. */
  private static Model oneGroup() throws IOException {
    ObjectNode json = ExampleModel.open().checkpoint().config();
    json.put("hidden_size", 64).put("intermediate_size", 96).put("num_hidden_layers", 2);
    json.put("num_attention_heads", 4).put("num_key_value_heads", 1).remove("head_dim");
    return new Model(ExampleModel.open().checkpoint(), ConfigReader.read(json, "test"));
  }

  @Test
  void saysWhichRatioWouldMeetTheShareWhereAttentionGivesNothing() throws IOException {
    Model model = oneGroup();
    PlanRequest request = PlanRequest.of("uniform", 0.3);
    // 29 of 96 channels: 0.302 · 18,432 / 28,672; to remove 0.3 of all, 45 of 96 have to go.
    assertThat(Shortfall.of(request, request.plan(model), model).map(UserText::toString))
        .contains(
            "pruningRatio=0.3, but whole heads and channels make it 0.194 of the layers' linear weights."
                + " pruningRatio=0.464 comes nearest: it removes 0.301");
    PlanRequest nearest = PlanRequest.of("uniform", 0.464);
    assertThat(Plans.removedShare(model.config(), nearest.plan(model)))
        .isEqualTo(45.0 / 96 * 18432 / 28672);
  }

  @Test
  void saysHowFarItGoesWhereNoRatioMeetsIt() throws IOException {
    Model model = oneGroup();
    PlanRequest request = PlanRequest.of("uniform", 0.95);
    Optional<UserText> said = Shortfall.of(request, request.plan(model), model);
    assertThat(said.orElseThrow().toString()).endsWith("comes nearest: it removes 0.636");
  }

  @Test
  void saysNothingOfAPlanThatMeetsIt() throws IOException {
    Model model = ExampleModel.open();
    for (double ratio : new double[] {0, 0.2, 0.3, 0.5}) {
      PlanRequest request = PlanRequest.of("logarithmic", ratio);
      assertThat(Shortfall.of(request, request.plan(model), model)).isEmpty();
    }
  }
}
