// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.util.Collections;
import java.util.List;

/**
 * Zeros that make all layers as wide as the widest, so that a stock class opens the model. A KV
 * group whose queries, keys and values are zero attends to all positions alike and adds nothing:
 * its values are zero, and so are its columns of the closing linear; a norm of each head leaves
 * zeros as they are. A channel whose gate and up are zero is f(0) · 0. So the function is the same.
 */
public final class Padding {
  private Padding() {}

  /**
   * Checks that layers of a model can be made as wide as one another.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException saying why not
   */
  public static void checkFor(ModelConfig dense) {
    LayerShape first = dense.layers().get(0);
    for (int layer = 1; layer < dense.layers().size(); layer++) {
      LayerShape shape = dense.layers().get(layer);
      check(
          shape.heads() / shape.groups() == first.heads() / first.groups(),
          "⟨padToUniform⟩: layer %d has %d query heads to a KV group and layer 0 has %d, which zeros do not change:"
              + " leave it out",
          layer,
          shape.heads() / shape.groups(),
          first.heads() / first.groups());
      check(
          dense.isPrunable(SublayerKind.ATTENTION) || shape.groups() == first.groups(),
          "⟨padToUniform⟩: the query and key norms of family %s span all heads, which heads of zeros would change,"
              + " and layer %d has other heads than layer 0: leave it out",
          dense.family().name(),
          layer);
    }
    uniform(dense, dense.layers());
  }

  /**
   * The widths that all layers get: the widest's, or as many more KV groups, up to those of the
   * dense model, as a stock class asks for.
   *
   * @param shapes what is left of each layer
   * @throws io.github.slimbeam.transforms.storage.BadInputException if no stock class of the family
   *     takes them
   */
  static List<LayerShape> uniform(ModelConfig dense, List<LayerShape> shapes) {
    int channels = shapes.stream().mapToInt(LayerShape::channels).max().orElseThrow();
    int widest = shapes.stream().mapToInt(LayerShape::groups).max().orElseThrow();
    int most = dense.layers().stream().mapToInt(LayerShape::groups).max().orElseThrow();
    LayerShape wide =
        new LayerShape(dense.layers().get(0).heads(), dense.layers().get(0).groups(), channels);
    for (int groups = widest; groups <= most; groups++) {
      List<LayerShape> padded =
          Collections.nCopies(shapes.size(), wide.keeping(SublayerKind.ATTENTION, groups));
      if (PrunedConfig.isStock(dense, padded)) {
        return padded;
      }
    }
    check(
        false,
        "⟨padToUniform⟩: no stock class of family %s takes the biases of this model: leave it out",
        dense.family().name());
    return shapes;
  }
}
