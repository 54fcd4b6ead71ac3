// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.gguf.GgufBlocks;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.gguf.GgufWriter;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Storage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a file. Matrices are stored in the type that is asked for, vectors in F32, which
 * is what llama.cpp adds and multiplies by.
 */
final class GgufTensors {
  private final Checkpoint checkpoint;
  private final GgufForm form;
  private final ModelConfig config;
  private final GgufType type;
  private final List<GgufWriter.Source> sources = new ArrayList<>();

  private GgufTensors(Model model, GgufForm form, GgufType type) {
    this.checkpoint = model.checkpoint();
    this.form = form;
    this.config = form.config();
    this.type = type;
  }

  /**
   * All, in the order in which they are written.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first whose rows the
   *     type cannot take
   */
  static List<GgufWriter.Source> of(Model model, GgufForm form, GgufType type) {
    GgufTensors tensors = new GgufTensors(model, form, type);
    tensors.addTable("token_embd.weight", config(form).embedding(), form.scales().embedding());
    for (int layer = 0; layer < form.config().layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        tensors.addSublayer(layer, kind);
      }
    }
    tensors.add(
        "output_norm.weight",
        List.of((long) form.config().hidden()),
        List.of(tensors.norm(config(form).finalNorm(), form.config().hidden(), 1)));
    form.rotary().divisors().forEach(tensors::addNumbers);
    if (form.hasHead()) {
      tensors.addTable("output.weight", model.head(), form.scales().logits());
    }
    return List.copyOf(tensors.sources);
  }

  private static Family config(GgufForm form) {
    return form.config().family();
  }

  private void addTable(String name, String tensor, double factor) {
    add(
        name,
        List.of((long) config.vocabulary(), (long) config.hidden()),
        List.of(new WeightRows(tensor, 0, config.vocabulary(), List.of(), factor, 0)));
  }

  /** The rows of a weight that have one role, and where they are. */
  private record Part(String module, Family.Weight weight, ModelConfig.Part rows) {}

  private void addSublayer(int layer, SublayerKind kind) {
    Map<String, Part> parts = new HashMap<>();
    config
        .family()
        .sublayer(kind)
        .weights()
        .forEach(
            (module, weight) ->
                config
                    .parts(weight, config.layers().get(layer))
                    .forEach(
                        rows ->
                            parts.put(
                                rows.role(),
                                new Part(config.family().tensor(layer, module), weight, rows))));
    form.architecture()
        .tensors(kind)
        .forEach(
            (name, roles) ->
                addWeight(
                    "blk." + layer + "." + name,
                    layer,
                    roles.stream().map(role -> requireNonNull(parts.get(role), role)).toList()));
  }

  private void addWeight(String name, int layer, List<Part> parts) {
    Family.Weight weight = parts.get(0).weight();
    long rows = parts.stream().mapToLong(part -> part.rows().size()).sum();
    List<WeightRows> weights = new ArrayList<>();
    List<WeightRows> biases = new ArrayList<>();
    for (Part part : parts) {
      weights.add(rows(part, ".weight"));
      if (config.hasBias(part.weight())) {
        biases.add(rows(part, ".bias"));
      }
    }
    add(
        name + ".weight",
        weight.isLinear()
            ? List.of(rows, (long) config.size(weight.input(), config.layers().get(layer)))
            : List.of(rows),
        weights);
    if (!biases.isEmpty()) {
      add(name + ".bias", List.of(rows), biases);
    }
  }

  private WeightRows rows(Part part, String ending) {
    ModelConfig.Part rows = part.rows();
    String tensor = part.module() + ending;
    double attention = form.scales().attention();
    return switch (rows.role()) {
      case "query" -> {
        boolean isNormed = form.architecture().attention().containsKey("attn_q_norm");
        yield heads(tensor, rows, isNormed ? 1 : attention);
      }
      case "key" -> heads(tensor, rows, 1);
      case "queryNorm" -> norm(tensor, rows.size(), attention);
      case Family.CLOSING ->
          new WeightRows(tensor, rows.begin(), rows.size(), List.of(), form.scales().residual(), 0);
      default ->
          part.weight().isLinear()
              ? new WeightRows(tensor, rows.begin(), rows.size(), List.of(), 1, 0)
              : norm(tensor, rows.size(), 1);
    };
  }

  private WeightRows heads(String tensor, ModelConfig.Part rows, double factor) {
    return new WeightRows(tensor, rows.begin(), rows.size(), form.rotary().order(), factor, 0);
  }

  private WeightRows norm(String tensor, int size, double factor) {
    double offset = config.traits().normOffset();
    return new WeightRows(tensor, 0, size, List.of(), factor, factor * offset);
  }

  private void addNumbers(String name, List<Float> numbers) {
    sources.add(
        new GgufWriter.Source(
            name,
            GgufType.F32,
            List.of((long) numbers.size()),
            channel -> {
              float[] values = new float[numbers.size()];
              for (int i = 0; i < values.length; i++) {
                values[i] = numbers.get(i);
              }
              ByteBuffer bytes =
                  ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
              GgufBlocks.put(GgufType.F32, values, values.length, bytes);
              Storage.writeFully(channel, bytes.flip());
            }));
  }

  private void add(String name, List<Long> shape, List<WeightRows> rows) {
    boolean isMatrix = shape.size() > 1;
    GgufType stored = isMatrix ? type : GgufType.F32;
    long columns = shape.get(shape.size() - 1);
    check(
        columns % stored.block() == 0,
        "%s: %s keeps blocks of %d weights, and %s has rows of %d: choose another ⟨dtype⟩, or prune to widths that"
            + " are multiples of %d",
        checkpoint.directory(),
        stored,
        stored.block(),
        name,
        columns,
        stored.block());
    sources.add(
        new GgufWriter.Source(
            name,
            stored,
            shape,
            channel -> {
              for (WeightRows part : rows) {
                part.writeTo(channel, checkpoint, stored);
              }
            }));
  }
}
