// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.io.Serializable;
import java.util.stream.IntStream;

/**
 * Which widths a plan may leave. Kept units are a multiple of a step, or all of them: a dense width
 * that is none stays if nothing of it goes.
 *
 * @param layout whether layers may differ
 * @param roundChannels step of an FFN's channels
 * @param roundHeads step of KV groups, of which each model has a multiple
 */
public record Widths(Layout layout, int roundChannels, int roundHeads) implements Serializable {
  /** Every width. */
  public static final Widths FREE = new Widths(Layout.PER_LAYER, 1, 1);

  /** Checks what can be checked without a model. */
  public Widths {
    check(roundChannels > 0, "⟨roundChannels⟩=%d: expected a positive number", roundChannels);
    check(roundHeads > 0, "⟨roundHeads⟩=%d: expected a positive number", roundHeads);
  }

  /** Whether every width of every layer goes. */
  public boolean isFree() {
    return equals(FREE);
  }

  /** Name of a parameter that leaves not every width; the layout's where all do. */
  String option() {
    return roundChannels > 1 ? "roundChannels" : roundHeads > 1 ? "roundHeads" : "layout";
  }

  /**
   * Checks that a model can have such widths.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the option that stands
   *     against it, and the layer
   */
  public void checkFor(ModelConfig dense) {
    layout.checkFor(dense);
    for (int layer = 0; layer < dense.layers().size(); layer++) {
      LayerShape shape = dense.layers().get(layer);
      check(
          shape.channels() >= roundChannels,
          "⟨roundChannels⟩=%d: layer %d has %d channels: expected no more than those",
          roundChannels,
          layer,
          shape.channels());
      check(
          shape.groups() % roundHeads == 0,
          "⟨roundHeads⟩=%d does not divide the %d KV groups of layer %d: expected a divisor of them",
          roundHeads,
          shape.groups(),
          layer);
    }
  }

  /** Units that go or stay together. */
  int step(SublayerKind kind) {
    return kind == SublayerKind.ATTENTION ? roundHeads : roundChannels;
  }

  /**
   * Numbers of units that may go, ascending, 0 first.
   *
   * @param units that there are
   * @param floor units that have to stay
   */
  int[] removable(SublayerKind kind, int units, int floor) {
    int step = step(kind);
    return IntStream.rangeClosed(0, Math.max(0, units - floor))
        .filter(removed -> removed == 0 || (units - removed) % step == 0)
        .toArray();
  }

  /**
   * The number that may go which is nearest to a wanted one; halves as {@link Math#rint} has them
   * in units of a step. A step at least stays.
   */
  int nearest(SublayerKind kind, int units, double removed) {
    int step = step(kind);
    // Where each unit is a step of its own it is what goes whose halves are made even.
    double steps = step == 1 ? units - Math.rint(removed) : Math.rint((units - removed) / step);
    int most = units / step;
    int kept = step * (int) Math.max(1, Math.min(most, steps));
    return Math.abs(removed) < Math.abs(removed - (units - kept)) ? 0 : units - kept;
  }
}
