// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfigTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The global allocation where not every width goes: laws, and all plans of a small model. */
class LayoutAllocationTest {
  private static final int LAYERS = 3;

  @ParameterizedTest
  @CsvSource({
    "PER_LAYER,128,1", "PER_LAYER,100,4", "PER_LAYER,1,8",
    "FFN,1,1", "FFN,128,1", "FFN,256,8",
    "UNIFORM,1,1", "UNIFORM,64,2", "UNIFORM,100,8",
  })
  void keepsTheWidthsAndMeetsTheRatio(Layout layout, int channels, int heads) throws IOException {
    Model model = new Model(ExampleModel.open().checkpoint(), ModelConfigTest.llama7b());
    Widths widths = new Widths(layout, channels, heads);
    List<RemovalCurve> curves = curves(model, 688, 7);
    for (double ratio : new double[] {0.01, 0.1, 0.2, 0.35, 0.5, 0.8}) {
      PlanRequest request = PlanRequest.of("global", new PlanSize.Ratio(ratio), widths);
      PruningPlan plan = request.planOf(model, curves);
      assertThat(request.planOf(model, curves)).isEqualTo(plan);
      WidthsTest.keepsTheWidths(model, plan, widths);
      assertThat(Plans.removedShare(model.config(), plan))
          .as("%s at %s", widths, ratio)
          .isCloseTo(ratio, within(WidthsTest.halfAUnit(model, widths)));
      for (SublayerTarget target : plan.getTargets()) {
        assertThat(target.getRemoved())
            .isLessThanOrEqualTo(
                GlobalAllocation.most(model.config(), target.getSublayer()).getRemoved());
      }
    }
  }

  /** Of all plans of the layout that meet the size the one of least summed cost. */
  @ParameterizedTest
  @EnumSource(names = {"FFN", "UNIFORM"})
  void isTheCheapestOfAllPlansOfItsLayout(Layout layout) throws IOException {
    Model model = small();
    Widths widths = new Widths(layout, 3, 1);
    for (long seed = 0; seed < 20; seed++) {
      List<RemovalCurve> curves = curves(model, 1, seed);
      for (double ratio : new double[] {0.1, 0.3, 0.55, 0.7}) {
        PruningPlan plan =
            PlanRequest.of("global", new PlanSize.Ratio(ratio), widths).planOf(model, curves);
        double best = Double.POSITIVE_INFINITY;
        for (int[] gone : plans(layout)) {
          if (Math.abs(share(model, gone) - ratio) <= WidthsTest.halfAUnit(model, widths)) {
            best = Math.min(best, cost(curves, gone));
          }
        }
        int[] ours = plan.getTargets().stream().mapToInt(SublayerTarget::getRemoved).toArray();
        assertThat(cost(curves, ours)).isCloseTo(best, within(1e-12));
      }
    }
  }

  /** Every plan of the small model: 4 KV groups and 18 channels in steps of 3. */
  private static List<int[]> plans(Layout layout) {
    int[] channels = {0, 3, 6, 9, 12, 15};
    List<int[]> plans = new ArrayList<>();
    for (int heads = 0; heads < 4; heads++) {
      for (int a : channels) {
        for (int b : channels) {
          for (int c : channels) {
            if (layout == Layout.FFN || (a == b && b == c)) {
              plans.add(new int[] {heads, a, heads, b, heads, c});
            }
          }
        }
      }
    }
    return plans;
  }

  private static double share(Model model, int... gone) {
    List<SublayerTarget> targets = new ArrayList<>();
    for (int s = 0; s < gone.length; s++) {
      SublayerKind kind = SublayerKind.values()[s % 2];
      int units = model.config().layers().get(s / 2).units(kind);
      targets.add(new SublayerTarget(new SublayerKey(s / 2, kind), units, gone[s], 0.0, null));
    }
    return Plans.removedShare(model.config(), new PruningPlan("", targets));
  }

  private static double cost(List<RemovalCurve> curves, int... gone) {
    double cost = 0;
    for (int s = 0; s < gone.length; s++) {
      cost += (1 + (double) s / gone.length) * curves.get(s).getErrors().get(gone[s]);
    }
    return cost;
  }

  private static Model small() throws IOException {
    ObjectNode json = ExampleModel.open().checkpoint().config();
    json.put("hidden_size", 64).put("intermediate_size", 18).put("num_hidden_layers", LAYERS);
    json.put("num_attention_heads", 4).put("num_key_value_heads", 4).put("head_dim", 4);
    return new Model(ExampleModel.open().checkpoint(), ConfigReader.read(json, "small"));
  }

  /** Random convex curves, of channels at every so many. */
  private static List<RemovalCurve> curves(Model model, int channels, long seed) {
    Random random = new Random(seed);
    List<RemovalCurve> curves = new ArrayList<>();
    for (int layer = 0; layer < model.config().layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        SublayerTarget most = GlobalAllocation.most(model.config(), new SublayerKey(layer, kind));
        int step = kind == SublayerKind.ATTENTION ? 1 : channels;
        List<Integer> removed =
            IntStream.rangeClosed(0, most.getRemoved() / step).map(i -> i * step).boxed().toList();
        double[] rises = random.doubles(removed.size() - 1).sorted().toArray();
        Arrays.parallelPrefix(rises, Double::sum);
        List<Double> errors = new ArrayList<>(List.of(0.0));
        for (double rise : rises) {
          errors.add(rise);
        }
        curves.add(new RemovalCurve(most.getSublayer(), most.getUnits(), removed, errors));
      }
    }
    return curves;
  }
}
