// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfigTest;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.UserText;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Laws of plans whose widths are not free. */
class WidthsTest {
  /** Against all allowed numbers, one by one. */
  @Test
  void theNearestIsTheNearestOfAll() {
    Random random = new Random(1);
    for (int i = 0; i < 5000; i++) {
      int units = 1 + random.nextInt(60);
      int step = 1 + random.nextInt(Math.min(units, 9));
      Widths widths = new Widths(Layout.PER_LAYER, step, 1);
      double wanted = random.nextDouble() * 1.2 * units - 0.1 * units;
      int nearest = widths.nearest(SublayerKind.FFN, units, wanted);
      int[] all = widths.removable(SublayerKind.FFN, units, step);
      assertThat(all).contains(nearest);
      for (int other : all) {
        assertThat(Math.abs(nearest - wanted)).isLessThanOrEqualTo(Math.abs(other - wanted));
      }
    }
  }

  @Test
  void aDenseWidthThatIsNoMultipleStaysWhole() {
    Widths widths = new Widths(Layout.PER_LAYER, 64, 1);
    assertThat(widths.removable(SublayerKind.FFN, 352, 22))
        .containsExactly(0, 32, 96, 160, 224, 288);
    assertThat(widths.nearest(SublayerKind.FFN, 352, 15.9)).isZero();
    assertThat(widths.nearest(SublayerKind.FFN, 352, 16.1)).isEqualTo(32);
    assertThat(widths.nearest(SublayerKind.FFN, 352, 350)).isEqualTo(288);
  }

  static Stream<Arguments> requests() {
    return Stream.of(0.07, 0.2, 0.5)
        .flatMap(
            ratio ->
                Stream.of("logarithmic", "linear", "uniform", "decreasing-linear")
                    .flatMap(
                        schedule ->
                            Stream.of(Layout.values())
                                .filter(l -> l != Layout.UNIFORM || schedule.equals("uniform"))
                                .flatMap(
                                    layout ->
                                        Stream.of(
                                                new Widths(layout, 1, 1),
                                                new Widths(layout, 32, 1),
                                                new Widths(layout, 256, 4),
                                                new Widths(layout, 100, 8))
                                            .map(w -> Arguments.of(ratio, schedule, w)))));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void aFormulasPlanKeepsTheWidthsAndMeetsTheRatio(double ratio, String schedule, Widths widths)
      throws IOException {
    Model model = llama7b();
    PlanRequest request = PlanRequest.of(schedule, new PlanSize.Ratio(ratio), widths);
    PruningPlan plan = request.plan(model);
    assertThat(request.plan(model)).isEqualTo(plan);
    keepsTheWidths(model, plan, widths);
    assertThat(Plans.removedShare(model.config(), plan))
        .isCloseTo(ratio, within(halfAUnit(model, widths)));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void aTargetIsMetWithinTheSameHalfUnit(double ratio, String schedule, Widths widths)
      throws IOException {
    if (widths.isFree() || schedule.contains("linear")) {
      return;
    }
    Model model = llama7b();
    long dense = model.config().parameters(model.config().layers());
    long linear = model.config().linearParameters(model.config().layers());
    long target = Math.round(dense - ratio * linear);
    PruningPlan plan =
        PlanRequest.of(schedule, new PlanSize.Parameters(target, false), widths).plan(model);
    keepsTheWidths(model, plan, widths);
    assertThat(model.config().parameters(Plans.shapes(model.config(), plan)))
        .isCloseTo(target, within((long) (halfAUnit(model, widths) * linear)));
  }

  static void keepsTheWidths(Model model, PruningPlan plan, Widths widths) {
    List<LayerShape> dense = model.config().layers();
    List<LayerShape> kept = Plans.shapes(model.config(), plan);
    for (int layer = 0; layer < kept.size(); layer++) {
      LayerShape shape = kept.get(layer);
      assertThat(shape.groups()).isPositive();
      assertThat(shape.channels()).isPositive();
      assertThat(shape.groups() % widths.roundHeads()).isZero();
      assertThat(
              shape.channels() % widths.roundChannels() == 0
                  || shape.channels() == dense.get(layer).channels())
          .isTrue();
      if (widths.layout() != Layout.PER_LAYER) {
        assertThat(shape.heads()).isEqualTo(kept.get(0).heads());
        assertThat(shape.groups()).isEqualTo(kept.get(0).groups());
      }
      if (widths.layout() == Layout.UNIFORM) {
        assertThat(shape).isEqualTo(kept.get(0));
      }
    }
  }

  /**
   * Of the share: half a step of channels, in all layers where they are the same; half a KV group
   * and half a channel of each layer where every width goes.
   */
  static double halfAUnit(Model model, Widths widths) {
    long linear = model.config().linearParameters(model.config().layers());
    long channel = 3L * model.config().hidden();
    int layers = model.config().layers().size();
    long group = 4L * model.config().headSize() * model.config().hidden();
    double unit =
        widths.isFree()
            ? group + layers * channel
            : widths.layout() == Layout.UNIFORM || widths.roundChannels() == 1
                ? (double) layers * widths.roundChannels() * channel
                : widths.roundChannels() * channel;
    return unit / 2 / linear + 1e-9;
  }

  private static Model llama7b() throws IOException {
    return new Model(ExampleModel.open().checkpoint(), ModelConfigTest.llama7b());
  }

  @Test
  void whatAModelCannotHaveIsRefused() throws IOException {
    Model model = ExampleModel.open();
    refuses(
        model, new Widths(Layout.PER_LAYER, 353, 1), "roundChannels=353: layer 0 has 352 channels");
    refuses(
        model, new Widths(Layout.PER_LAYER, 1, 3), "roundHeads=3 does not divide the 4 KV groups");
    assertThatThrownBy(() -> new Widths(Layout.FFN, 0, 1))
        .isInstanceOf(BadInputException.class)
        .hasMessage("roundChannels=0: expected a positive number");
    assertThatThrownBy(() -> new Widths(Layout.FFN, 1, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("roundHeads=0: expected a positive number");
    assertThatThrownBy(
            () -> PlanRequest.of("flap", new PlanSize.Ratio(0.2), new Widths(Layout.FFN, 1, 1)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("layout does not go with schedule=flap");
  }

  @Test
  void unevenHeadsHaveNoLayoutOfTheirOwn() throws IOException {
    ObjectNode json = ExampleModel.open().checkpoint().config();
    json.putArray("num_attention_heads_per_layer").add(4).add(3).add(4).add(4).add(4).add(4);
    json.putArray("num_key_value_heads_per_layer").add(4).add(3).add(4).add(4).add(4).add(4);
    Model model =
        new Model(ExampleModel.open().checkpoint(), ConfigReader.read(json, "uneven heads"));
    refuses(
        model, new Widths(Layout.FFN, 1, 1), "layout=ffn: layer 1 of the model has other heads");
    refuses(
        model,
        new Widths(Layout.UNIFORM, 1, 1),
        "layout=uniform: layer 1 of the model has other widths");
  }

  private static void refuses(Model model, Widths widths, String message) {
    assertThatThrownBy(() -> widths.checkFor(model.config()))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void saysWhatRoundingGaveUp() throws IOException {
    Model model = ExampleModel.open();
    Widths widths = new Widths(Layout.UNIFORM, 64, 2);
    PlanRequest request = PlanRequest.of("uniform", new PlanSize.Ratio(0.3), widths);
    List<LayerShape> kept = Plans.shapes(model.config(), request.plan(model));
    assertThat(kept.get(0)).isEqualTo(new LayerShape(4, 2, 256));
    assertThat(MetSize.of(request, kept, model).map(UserText::toString))
        .contains("pruningRatio=0.3, met 0.3333 with layout=uniform roundChannels=64 roundHeads=2");
    assertThat(MetSize.of(PlanRequest.of("uniform", 0.3), kept, model).map(UserText::toString))
        .isEmpty();
  }
}
