// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From ratios, one a layer, to whole units of every sub-layer. Heads first: each layer's own with
 * the rounding error carried to the next or not, or the same everywhere, nearest to the mean. Then
 * channels.
 *
 * <p>Where every width goes, a layer's channels are those of its ratio, raised by what its heads
 * cannot give where these cannot go. Else all channel ratios are multiplied by one factor, so that
 * the linear weights that go make the ratio over the whole model whatever the heads' rounding gave
 * up; and the rounding error of channels, which a step of many makes large, is carried to the next
 * layer too.
 */
final class WholeUnits {
  private final ModelConfig config;
  private final List<Double> ratios;
  private final Rounding rounding;
  private final Widths widths;

  WholeUnits(ModelConfig config, List<Double> ratios, Rounding rounding, Widths widths) {
    this.config = config;
    this.ratios = ratios;
    this.rounding = rounding;
    this.widths = widths;
  }

  PruningPlan plan(String schedule) {
    int[] heads = widths.layout().equalHeads() ? equalHeads() : ownHeads();
    double[] shares = widths.isFree() ? freeChannels() : channelsInAll(heads);
    List<SublayerTarget> targets = new ArrayList<>();
    double carried = 0;
    for (int layer = 0; layer < ratios.size(); layer++) {
      LayerShape shape = config.layers().get(layer);
      double share = headShare(layer);
      targets.add(target(layer, SublayerKind.ATTENTION, shape, heads[layer], share));
      int channels = channels(layer, shares[layer], carried);
      if (widths.roundChannels() > 1 && widths.layout() != Layout.UNIFORM) {
        carried += shares[layer] * shape.channels() - channels;
      }
      targets.add(target(layer, SublayerKind.FFN, shape, channels, shares[layer]));
    }
    return new PruningPlan(schedule, targets);
  }

  /** What a layer's heads are asked for: nothing where they cannot go. */
  private double headShare(int layer) {
    return config.isPrunable(SublayerKind.ATTENTION) ? ratios.get(layer) : 0;
  }

  private int[] ownHeads() {
    int[] heads = new int[ratios.size()];
    double carried = 0;
    for (int layer = 0; layer < heads.length; layer++) {
      int groups = config.layers().get(layer).groups();
      double wanted = headShare(layer) * groups + carried;
      heads[layer] = widths.nearest(SublayerKind.ATTENTION, groups, wanted);
      carried = rounding == Rounding.CARRIED ? wanted - heads[layer] : 0;
    }
    return heads;
  }

  /** The same everywhere: nearest to the mean, but no more than make the ratio of the whole. */
  private int[] equalHeads() {
    int[] heads = new int[ratios.size()];
    int groups = config.layers().get(0).groups();
    double mean = ratios.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    double asked = asked();
    int gone =
        config.isPrunable(SublayerKind.ATTENTION)
            ? widths.nearest(SublayerKind.ATTENTION, groups, mean * groups)
            : 0;
    while (gone > 0 && gone * perUnit(SublayerKind.ATTENTION, 0) * heads.length > asked) {
      gone -= widths.roundHeads();
    }
    Arrays.fill(heads, gone);
    return heads;
  }

  private double[] freeChannels() {
    double[] shares = new double[ratios.size()];
    for (int layer = 0; layer < shares.length; layer++) {
      LayerShape shape = config.layers().get(layer);
      double attentionPerChannels =
          (double) config.linearParameters(SublayerKind.ATTENTION, shape)
              / config.linearParameters(SublayerKind.FFN, shape);
      double asked = ratios.get(layer);
      shares[layer] = asked + (asked - headShare(layer)) * attentionPerChannels;
    }
    return shares;
  }

  /** Ratios of channels that make up for what heads give too little or too much over all layers. */
  private double[] channelsInAll(int... heads) {
    double left = asked();
    double byRatios = 0;
    for (int layer = 0; layer < heads.length; layer++) {
      left -= heads[layer] * perUnit(SublayerKind.ATTENTION, layer);
      byRatios +=
          ratios.get(layer)
              * config.layers().get(layer).channels()
              * perUnit(SublayerKind.FFN, layer);
    }
    double factor = byRatios == 0 ? 0 : Math.max(0, left / byRatios);
    return ratios.stream().mapToDouble(ratio -> factor * ratio).toArray();
  }

  private int channels(int layer, double share, double carried) {
    int all = config.layers().get(layer).channels();
    check(
        all - share * all >= widths.roundChannels() / 2.0 && Math.rint(share * all) < all,
        "layer %d: a ratio of %.4f would remove all %d channels; choose a lower ⟨pruningRatio⟩",
        layer,
        share,
        all);
    return widths.nearest(SublayerKind.FFN, all, share * all + carried);
  }

  /** Linear weights that the ratios ask for. */
  private double asked() {
    double asked = 0;
    for (int layer = 0; layer < ratios.size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        asked += ratios.get(layer) * config.linearParameters(kind, config.layers().get(layer));
      }
    }
    return asked;
  }

  /** Linear weights of a unit. */
  private double perUnit(SublayerKind kind, int layer) {
    LayerShape shape = config.layers().get(layer);
    int units = shape.units(kind);
    long all = config.linearParameters(kind, shape);
    return units == 1
        ? all
        : (double) all - config.linearParameters(kind, shape.keeping(kind, units - 1));
  }

  private static SublayerTarget target(
      int layer, SublayerKind kind, LayerShape shape, int removed, double ratio) {
    return new SublayerTarget(
        new SublayerKey(layer, kind), shape.units(kind), removed, ratio, null);
  }
}
