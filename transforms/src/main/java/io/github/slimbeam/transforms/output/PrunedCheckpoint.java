// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoint that a pruned model makes: which tensor comes from where, cut in files by size,
 * and the configuration that goes with it. Tensors keep their names and types; what is not pruned
 * is copied byte by byte, opening linears lose the rows of removed units, closing linears are
 * replaced.
 */
public final class PrunedCheckpoint {
  /** Largest weight file, unless one tensor alone is larger: what Hugging Face's tools write. */
  public static final long MAX_FILE = 5_000_000_000L;

  private static final int CHUNK = 16 << 20;

  private final Model model;
  private final Map<SublayerKey, PrunedSublayer> pruned = new HashMap<>();
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

  /** Shape of each layer after pruning. */
  public List<LayerShape> shapes() {
    return List.copyOf(shapes);
  }

  /** Parameters after pruning, with the biases that closing linears gained. */
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
    for (SafetensorsWriter.Source source : sources()) {
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

  private List<SafetensorsWriter.Source> sources() {
    Map<String, List<Long>> shapesByName = model.config().tensors(shapes);
    Map<String, List<SafetensorsWriter.Source>> closing = new HashMap<>();
    Map<String, int[]> rows = new HashMap<>();
    pruned.forEach((key, sublayer) -> describe(key, sublayer, closing, rows));
    List<SafetensorsWriter.Source> sources = new ArrayList<>();
    for (TensorEntry entry : model.checkpoint().tensors().values()) {
      String name = entry.name();
      if (closing.containsKey(name)) {
        sources.addAll(closing.get(name));
      } else if (shapesByName.containsKey(name) || model.config().isCarried(name)) {
        int @Nullable [] kept = rows.get(name);
        sources.add(
            new SafetensorsWriter.Source(
                name,
                entry.dtype(),
                shapesByName.getOrDefault(name, entry.shape()),
                channel -> copyRows(entry, kept, channel)));
      }
    }
    return sources;
  }

  private void describe(
      SublayerKey key,
      PrunedSublayer sublayer,
      Map<String, List<SafetensorsWriter.Source>> closing,
      Map<String, int[]> rows) {
    ModelConfig config = model.config();
    SublayerKind kind = key.getKind();
    String name = model.closing(key.getLayer(), kind);
    List<SafetensorsWriter.Source> sources = new ArrayList<>();
    sources.add(kept(name, sublayer.getWeight()));
    if (sublayer.getBias() != null) {
      String bias = model.closingBias(key.getLayer(), kind);
      sources.add(kept(bias, sublayer.getBias()));
      closing.put(bias, List.of());
    }
    closing.put(name, sources);
    config
        .family()
        .sublayer(kind)
        .weights()
        .forEach(
            (module, weight) -> {
              if (weight.rows().values().stream().anyMatch(Family.Dimension::hasUnits)) {
                int[] positions = rows(weight, config.layers().get(key.getLayer()), sublayer);
                String tensor = config.family().tensor(key.getLayer(), module);
                rows.put(tensor + ".weight", positions);
                rows.put(tensor + ".bias", positions);
                fitted(tensor + ".weight", weight, sublayer)
                    .ifPresent(source -> closing.put(tensor + ".weight", List.of(source)));
              }
            });
  }

  /**
   * An opening linear that was fitted anew, its roles one below the other as the dense one has
   * them.
   */
  private Optional<SafetensorsWriter.Source> fitted(
      String name, Family.Weight weight, PrunedSublayer sublayer) {
    List<SafetensorsWriter.Source> parts = new ArrayList<>();
    for (String role : weight.rows().keySet()) {
      for (TensorReference opening : sublayer.getOpenings()) {
        if (opening.getName().equals(role + ".weight")) {
          parts.add(kept(name, opening));
        }
      }
    }
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    List<Long> shape = new ArrayList<>(parts.get(0).shape());
    shape.set(0, parts.stream().mapToLong(part -> part.shape().get(0)).sum());
    return Optional.of(
        new SafetensorsWriter.Source(
            name,
            parts.get(0).dtype(),
            shape,
            channel -> {
              for (SafetensorsWriter.Source part : parts) {
                part.content().writeTo(channel);
              }
            }));
  }

  /** The rows of a weight that stay, of each role those of the units that stay. */
  private int[] rows(Family.Weight weight, LayerShape shape, PrunedSublayer sublayer) {
    ModelConfig config = model.config();
    return config.parts(weight, shape).stream()
        .flatMapToInt(
            part ->
                (part.dimension().hasUnits()
                        ? Arrays.stream(
                            SublayerWeights.positions(
                                sublayer.getReport().getKept(),
                                config.span(part.dimension(), shape)))
                        : IntStream.range(0, part.size()))
                    .map(row -> part.begin() + row))
        .toArray();
  }

  private SafetensorsWriter.Source kept(String name, TensorReference reference) {
    Storage storage = model.checkpoint().storage();
    return new SafetensorsWriter.Source(
        name,
        reference.getDtype(),
        reference.getShape(),
        channel -> {
          try (SafetensorsFile file = SafetensorsFile.open(storage, reference.getPath())) {
            TensorEntry entry = file.entry(reference.getName());
            ChecksumChannel checked = new ChecksumChannel(channel);
            copy(file, entry, 0, entry.end() - entry.begin(), checked);
            check(
                checked.crc32c().equals(reference.getChecksum()),
                "%s: tensor %s has checksum %s, expected %s: the file was damaged; begin anew with ⟨restart⟩",
                reference.getPath(),
                reference.getName(),
                checked.crc32c(),
                reference.getChecksum());
          }
        });
  }

  /** Copies the given rows, or all where {@code rows} is null; neighbours go in one read. */
  private void copyRows(TensorEntry entry, int @Nullable [] rows, WritableByteChannel channel)
      throws IOException {
    try (SafetensorsFile file = model.checkpoint().open(entry.name())) {
      long bytes = entry.end() - entry.begin();
      if (rows == null) {
        copy(file, entry, 0, bytes, channel);
        return;
      }
      long rowBytes = bytes / entry.shape().get(0);
      for (int i = 0; i < rows.length; ) {
        int next = i + 1;
        while (next < rows.length && rows[next] == rows[next - 1] + 1) {
          next++;
        }
        copy(file, entry, rows[i] * rowBytes, (next - i) * rowBytes, channel);
        i = next;
      }
    }
  }

  private static void copy(
      SafetensorsFile file, TensorEntry entry, long offset, long bytes, WritableByteChannel channel)
      throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, bytes));
    for (long at = 0; at < bytes; at += chunk.capacity()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), bytes - at));
      file.read(entry, offset + at, chunk);
      Storage.writeFully(channel, chunk.flip());
    }
  }
}
