// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.serving;

import java.util.List;
import java.util.Locale;

/**
 * A way to store weights in blocks along a row: the rows of every linear must be whole blocks, or
 * tools refuse the tensor or silently store it larger. Rows are as long as the linear's input:
 * hidden size, heads · head size at {@code o_proj}, FFN width at {@code down_proj}.
 *
 * @param name as users know it
 * @param block weights that share a block
 */
public record Quantisation(String name, int block) {
  /** The larger the block, the earlier. */
  public static final List<Quantisation> ALL =
      List.of(
          new Quantisation("GGUF K-quants (Q4_K, Q5_K, Q6_K)", 256),
          new Quantisation("GPTQ, AWQ with groups of 128", 128),
          new Quantisation("GGUF Q8_0, Q4_0", 32),
          new Quantisation("FP8, INT8 matrix units", 16));

  /**
   * How far a model's widths allow it.
   *
   * @param layers of which all rows are whole blocks
   * @param misfit the first row that is not, in words; empty if there is none
   */
  public record Fit(int layers, String misfit) {}

  /** Whether and where a model's rows are whole blocks. */
  public Fit of(ServedModel model) {
    int fitting = 0;
    String first = "";
    for (int layer = 0; layer < model.layers().size(); layer++) {
      String misfit = misfit(model, layer);
      if (misfit.isEmpty()) {
        fitting++;
      } else if (first.isEmpty()) {
        first = misfit;
      }
    }
    return new Fit(fitting, first);
  }

  private String misfit(ServedModel model, int layer) {
    if (model.hidden() % block != 0) {
      return "hidden size " + model.hidden();
    }
    if (model.queries(layer) % block != 0) {
      return String.format(
          Locale.ROOT,
          "layer %d: %d heads of %d, rows of %d",
          layer,
          model.layers().get(layer).heads(),
          model.headSize(),
          model.queries(layer));
    }
    int channels = model.layers().get(layer).channels();
    return channels % block == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "layer %d: FFN width %d, between %d and %d",
            layer,
            channels,
            channels / block * block,
            (channels / block + 1) * block);
  }
}
