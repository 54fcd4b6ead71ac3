// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter.Source;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where each tensor of a pruned checkpoint comes from. What is not pruned is copied byte by byte,
 * opening linears lose the rows of removed units, closing linears are replaced. Where a sub-layer
 * is written wider than what is left of it, zeros stand in the place of the units after the kept
 * ones: rows of opening linears, columns of the closing one.
 */
final class PrunedTensors {
  private final Model model;
  private final ModelConfig config;
  private final Map<SublayerKey, PrunedSublayer> pruned;
  private final List<LayerShape> written;

  /** Tensors that are made, by the name of the dense model's that they replace. */
  private final Map<String, List<Source>> made = new HashMap<>();

  /** Rows of tensors that stay, by name. */
  private final Map<String, int[]> rows = new HashMap<>();

  /**
   * Of a pruned model.
   *
   * @param written shape of each layer in the checkpoint
   */
  PrunedTensors(Model model, Map<SublayerKey, PrunedSublayer> pruned, List<LayerShape> written) {
    this.model = model;
    this.config = model.config();
    this.pruned = pruned;
    this.written = written;
  }

  /** All of them, in the dense model's order; the content is read when written. */
  List<Source> sources() {
    for (int layer = 0; layer < written.size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        describe(new SublayerKey(layer, kind));
      }
    }
    Map<String, List<Long>> shapes = config.tensors(written);
    List<Source> sources = new ArrayList<>();
    for (TensorEntry entry : model.checkpoint().tensors().values()) {
      String name = entry.name();
      if (made.containsKey(name)) {
        sources.addAll(made.get(name));
      } else if (shapes.containsKey(name) || config.isCarried(name)) {
        int @Nullable [] kept = rows.get(name);
        sources.add(
            new Source(
                name,
                entry.dtype(),
                shapes.getOrDefault(name, entry.shape()),
                channel -> TensorCopy.rows(model.checkpoint(), entry, kept, channel)));
      }
    }
    return sources;
  }

  private void describe(SublayerKey key) {
    SublayerKind kind = key.getKind();
    LayerShape dense = config.layers().get(key.getLayer());
    PrunedSublayer sublayer = pruned.get(key);
    List<Integer> kept =
        sublayer == null
            ? IntStream.range(0, dense.units(kind)).boxed().toList()
            : sublayer.getReport().getKept();
    int zeros = written.get(key.getLayer()).units(kind) - kept.size();
    if (sublayer == null && zeros == 0) {
      return;
    }
    close(key, sublayer, kept.size(), zeros);
    config
        .family()
        .sublayer(kind)
        .weights()
        .forEach(
            (module, weight) -> {
              if (weight.rows().values().stream().anyMatch(Family.Dimension::hasUnits)) {
                int[] positions = rows(weight, dense, kept, zeros);
                String tensor = config.family().tensor(key.getLayer(), module);
                rows.put(tensor + ".weight", positions);
                rows.put(tensor + ".bias", positions);
                if (sublayer != null) {
                  open(tensor + ".weight", weight, dense, sublayer, zeros);
                }
              }
            });
  }

  /** The closing linear, and a bias that it gained. */
  private void close(SublayerKey key, @Nullable PrunedSublayer sublayer, int kept, int zeros) {
    int layer = key.getLayer();
    SublayerKind kind = key.getKind();
    String name = model.closing(layer, kind);
    TensorEntry dense = model.checkpoint().tensor(name);
    int unit = config.unitSize(kind, config.layers().get(layer)) * TensorEntry.width(dense.dtype());
    List<Long> shape =
        List.of((long) config.hidden(), (long) config.closingWidth(kind, written.get(layer)));
    List<Source> sources = new ArrayList<>();
    sources.add(
        new Source(
            name,
            dense.dtype(),
            shape,
            channel -> {
              WritableByteChannel padded =
                  zeros == 0 ? channel : new PaddedRows(channel, kept * unit, zeros * unit);
              if (sublayer == null) {
                TensorCopy.rows(model.checkpoint(), dense, null, padded);
              } else {
                TensorCopy.checked(model.checkpoint().storage(), sublayer.getWeight(), padded);
              }
            }));
    if (sublayer != null && sublayer.getBias() != null) {
      TensorReference bias = sublayer.getBias();
      String biasName = model.closingBias(layer, kind);
      sources.add(
          new Source(
              biasName,
              bias.getDtype(),
              bias.getShape(),
              channel -> TensorCopy.checked(model.checkpoint().storage(), bias, channel)));
      made.put(biasName, List.of());
    }
    made.put(name, sources);
  }

  /** Rows that were fitted, and rows of zeros after them. */
  private record Part(TensorReference rows, long zeros) {
    long count() {
      return rows.getShape().get(0) + zeros;
    }
  }

  /**
   * An opening linear that was fitted anew, its roles one below the other as the dense one has
   * them.
   */
  private void open(
      String name, Family.Weight weight, LayerShape dense, PrunedSublayer sublayer, int zeros) {
    List<Part> parts = new ArrayList<>();
    for (Map.Entry<String, Family.Dimension> role : weight.rows().entrySet()) {
      for (TensorReference opening : sublayer.getOpenings()) {
        if (opening.getName().equals(role.getKey() + ".weight")) {
          parts.add(new Part(opening, (long) zeros * config.span(role.getValue(), dense)));
        }
      }
    }
    if (parts.isEmpty()) {
      return;
    }
    TensorReference first = parts.get(0).rows();
    List<Long> shape = new ArrayList<>(first.getShape());
    shape.set(0, parts.stream().mapToLong(Part::count).sum());
    long rowBytes = shape.get(1) * TensorEntry.width(first.getDtype());
    made.put(
        name,
        List.of(
            new Source(
                name,
                first.getDtype(),
                shape,
                channel -> {
                  for (Part part : parts) {
                    TensorCopy.checked(model.checkpoint().storage(), part.rows(), channel);
                    PaddedRows.zeros(channel, part.zeros() * rowBytes);
                  }
                })));
  }

  /** The rows of a weight, of each role those of the units that stay and then the zeros. */
  private int[] rows(Family.Weight weight, LayerShape shape, List<Integer> kept, int zeros) {
    return config.parts(weight, shape).stream()
        .flatMapToInt(
            part -> {
              if (!part.dimension().hasUnits()) {
                return IntStream.range(part.begin(), part.begin() + part.size());
              }
              int span = config.span(part.dimension(), shape);
              return IntStream.concat(
                  Arrays.stream(SublayerWeights.positions(kept, span))
                      .map(row -> part.begin() + row),
                  IntStream.generate(() -> TensorCopy.ZEROS).limit((long) zeros * span));
            })
        .toArray();
  }
}
