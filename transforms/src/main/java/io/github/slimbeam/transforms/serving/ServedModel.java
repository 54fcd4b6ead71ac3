// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.serving;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.export.GgufForm;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.LayerTraits;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Rope;
import io.github.slimbeam.transforms.model.Traits;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What other programs see of a model.
 *
 * @param architecture as its {@code config.json} names it
 * @param form how its widths run over the layers
 * @param hidden hidden size
 * @param headSize size of a head
 * @param plain whether its layers compute what LLaMA's do, but for biases: the only ones of which
 *     other programs have a form with widths in each layer
 * @param layers shape of each layer
 * @param gguf how llama.cpp computes it, or why not
 */
public record ServedModel(
    String architecture,
    Form form,
    boolean plain,
    int hidden,
    int headSize,
    List<LayerShape> layers,
    GgufForm.Verdict gguf) {

  /** How widths and biases run over the layers: the fewer programs know it the further down. */
  public enum Form {
    STOCK("the same widths in every layer, a stock architecture"),
    BIASED("the same widths in every layer, biases on the closing linears alone"),
    EVEN_HEADS("the same heads in every layer, own FFN widths, no biases of its own"),
    UNEVEN("own widths in every layer");

    private final String words;

    Form(String words) {
      this.words = words;
    }

    /** The form, as {@code inspect} says it. */
    public String words() {
      return words;
    }
  }

  /** What engines see of a written configuration, that of a dense model included. */
  public static ServedModel of(ModelConfig written) {
    return new ServedModel(
        written.json().path("architectures").path(0).asText(),
        form(written),
        isPlain(written),
        written.hidden(),
        written.headSize(),
        written.layers(),
        GgufForm.find(written));
  }

  private static boolean isPlain(ModelConfig written) {
    Traits traits = written.traits();
    return written.wrapper() == null
        && traits.equals(Traits.plain(traits.epsilon(), written.headSize()))
        && written.layerTraits().stream().allMatch(layer -> isPlain(layer, written.context()))
        && roles(written.family().attention())
            .equals(Set.of("norm", "query", "key", "value", Family.CLOSING))
        && roles(written.family().ffn()).equals(Set.of("norm", "gate", "up", Family.CLOSING))
        && Stream.of(SublayerKind.values())
            .flatMap(kind -> written.family().sublayer(kind).weights().values().stream())
            .allMatch(weight -> weight.rows().size() == 1);
  }

  private static boolean isPlain(LayerTraits layer, int context) {
    Rope rope = layer.rope();
    return rope != null
        && (layer.window() == 0 || layer.window() >= context)
        && rope.longFactors().isEmpty()
        && rope.attentionFactor() == 1
        && rope.queryGrowth() == 0;
  }

  private static Set<String> roles(Family.Sublayer sublayer) {
    return sublayer.weights().values().stream()
        .flatMap(weight -> weight.rows().keySet().stream())
        .collect(Collectors.toSet());
  }

  private static Form form(ModelConfig written) {
    List<LayerShape> layers = written.layers();
    LayerShape first = layers.get(0);
    if (!written.json().has("auto_map")) {
      return Form.STOCK;
    }
    boolean heads =
        layers.stream().allMatch(s -> s.heads() == first.heads() && s.groups() == first.groups());
    if (!heads) {
      return Form.UNEVEN;
    }
    boolean channels = layers.stream().allMatch(s -> s.channels() == first.channels());
    return channels ? Form.BIASED : closingBiases(written) ? Form.UNEVEN : Form.EVEN_HEADS;
  }

  private static boolean closingBiases(ModelConfig written) {
    Family family = written.family();
    return Stream.of(SublayerKind.values())
        .map(kind -> family.sublayer(kind).outputBiasFlag())
        .anyMatch(flag -> written.language().path(flag).asBoolean(false));
  }

  /** Width of the input of a layer's attention output projection. */
  int queries(int layer) {
    return layers.get(layer).heads() * headSize;
  }

  /**
   * Over how many devices every layer can be split evenly by its heads and channels, 1 included:
   * what engines call the tensor-parallel size.
   */
  public List<Integer> splits() {
    return IntStream.of(1, 2, 4, 8, 16)
        .filter(
            n ->
                divides(n, LayerShape::heads)
                    && divides(n, LayerShape::groups)
                    && divides(n, LayerShape::channels))
        .boxed()
        .toList();
  }

  private boolean divides(int n, ToIntFunction<LayerShape> width) {
    return layers.stream().allMatch(shape -> width.applyAsInt(shape) % n == 0);
  }
}
