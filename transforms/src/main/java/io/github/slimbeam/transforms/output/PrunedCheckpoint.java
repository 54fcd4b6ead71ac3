// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The checkpoint that a pruned model makes: which tensor comes from where, see {@link
 * PrunedTensors}, cut in files by size, and the configuration that goes with it. Tensors keep their
 * names and types.
 */
public final class PrunedCheckpoint {
  /** Largest weight file, unless one tensor alone is larger: what Hugging Face's tools write. */
  public static final long MAX_FILE = 5_000_000_000L;

  private final Model model;
  private final Map<SublayerKey, PrunedSublayer> pruned = new HashMap<>();

  /** Shape of each layer as it is written. */
  private final List<LayerShape> shapes;

  private final long maxFile;

  /** The result of pruning {@code model} in these sub-layers. */
  public PrunedCheckpoint(Model model, List<PrunedSublayer> sublayers, long maxFile) {
    this.model = model;
    this.maxFile = maxFile;
    this.shapes = new ArrayList<>(model.config().layers());
    for (PrunedSublayer sublayer : sublayers) {
      SublayerKey key = sublayer.getReport().getSublayer();
      pruned.put(key, sublayer);
      shapes.set(
          key.getLayer(),
          shapes.get(key.getLayer()).keeping(key.getKind(), sublayer.getReport().getKept().size()));
    }
  }

  private PrunedCheckpoint(PrunedCheckpoint other, List<LayerShape> wider) {
    this.model = other.model;
    this.maxFile = other.maxFile;
    this.pruned.putAll(other.pruned);
    this.shapes = wider;
  }

  /**
   * The same function with zeros up to the widest layer, see {@link Padding}.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if no stock class of the family
   *     takes the widths
   */
  public PrunedCheckpoint padded() {
    return new PrunedCheckpoint(this, Padding.uniform(model.config(), shapes));
  }

  /** Parameters that are written, with biases that closing linears gained and zeros. */
  public long parameters() {
    ModelConfig after = ConfigReader.read(config(), model.checkpoint().directory());
    return after.parameters(after.layers());
  }

  /** A weight file: its name and its tensors. */
  public record WeightFile(String name, List<SafetensorsWriter.Source> tensors) {
    private static final Map<String, String> METADATA = Map.of("format", "pt");

    /** Its size in bytes, header included. */
    public long size() throws IOException {
      return SafetensorsWriter.size(METADATA, tensors);
    }

    /** Writes the file, header first, each tensor as it is read. */
    public void writeTo(WritableByteChannel channel) throws IOException {
      SafetensorsWriter.write(channel, METADATA, tensors);
    }
  }

  /** The weight files, in order; the content is read when written. */
  public List<WeightFile> files() {
    List<List<SafetensorsWriter.Source>> cuts = new ArrayList<>(List.of(new ArrayList<>()));
    long size = 0;
    for (SafetensorsWriter.Source source : new PrunedTensors(model, pruned, shapes).sources()) {
      if (size > 0 && size + source.size() > maxFile) {
        cuts.add(new ArrayList<>());
        size = 0;
      }
      cuts.get(cuts.size() - 1).add(source);
      size += source.size();
    }
    if (cuts.size() == 1) {
      return List.of(new WeightFile(Checkpoint.SINGLE, cuts.get(0)));
    }
    List<WeightFile> files = new ArrayList<>();
    for (int i = 0; i < cuts.size(); i++) {
      files.add(
          new WeightFile(
              String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, cuts.size()),
              cuts.get(i)));
    }
    return files;
  }

  /** {@code model.safetensors.index.json} for several files. */
  public ObjectNode index() {
    ObjectNode index = Json.PLAIN.createObjectNode();
    ObjectNode map = Json.PLAIN.createObjectNode();
    long total = 0;
    for (WeightFile file : files()) {
      for (SafetensorsWriter.Source tensor : file.tensors()) {
        map.put(tensor.name(), file.name());
        total += tensor.size();
      }
    }
    index.putObject("metadata").put("total_size", total);
    index.set("weight_map", map);
    return index;
  }

  /** The content of {@code config.json}: the dense model's with the widths that are left. */
  public ObjectNode config() {
    Set<SublayerKind> biased = EnumSet.noneOf(SublayerKind.class);
    pruned.forEach(
        (key, sublayer) -> {
          if (sublayer.getBias() != null) {
            biased.add(key.getKind());
          }
        });
    return PrunedConfig.of(model.config(), shapes, biased);
  }

  /** Whether programs need the family's own code to open the model. */
  public boolean hasOwnCode() {
    return config().has(PrunedConfig.CODE);
  }
}
