// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.HalfBits;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A tiny model with random weights, as a checkpoint directory: hidden 16, 4 query heads on 2
 * key-value heads of size 4, 24 channels, 32 tokens. The same fields make the same bytes.
 *
 * @param family whose tensors it has
 * @param layers decoder layers
 * @param dtype of every tensor: BF16, F16 or F32
 * @param tied whether the embedding is the head
 * @param biases whether the linears have them, by {@code attention_bias} and {@code mlp_bias}
 * @param seed of the weights
 */
public record SmallModel(
    Family family, int layers, DType dtype, boolean tied, boolean biases, long seed) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** LLaMA: 3 layers, BF16, a head of its own, no biases. */
  public static SmallModel llama() {
    return of(Families.ofArchitectures(List.of("LlamaForCausalLM")).orElseThrow());
  }

  /** As {@link #llama}, of any family. */
  public static SmallModel of(Family family) {
    return new SmallModel(family, 3, DType.BF16, false, false, 7);
  }

  public SmallModel withLayers(int count) {
    return new SmallModel(family, count, dtype, tied, biases, seed);
  }

  public SmallModel withDtype(DType type) {
    return new SmallModel(family, layers, type, tied, biases, seed);
  }

  public SmallModel withTiedHead() {
    return new SmallModel(family, layers, dtype, true, biases, seed);
  }

  public SmallModel withBiases() {
    return new SmallModel(family, layers, dtype, tied, true, seed);
  }

  public SmallModel withSeed(long number) {
    return new SmallModel(family, layers, dtype, tied, biases, number);
  }

  /** Its {@code config.json}. */
  public ObjectNode config() {
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add(family.architectures().get(0));
    config.put("rope_theta", 10000.0);
    if (!family.rope().types().contains("default")) {
      config
          .putObject("rope_scaling")
          .put("rope_type", family.rope().types().get(0))
          .put("factor", 4);
    }
    Setting activation = family.traits().activation();
    config.set(activation.fields().get(0), activation.otherwise());
    return config
        .put("model_type", family.modelTypes().get(0))
        .put("hidden_size", 16)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", 4)
        .put("num_key_value_heads", 2)
        .put("head_dim", 4)
        .put(family.sizes().channels().fields().get(0), 24)
        .put("vocab_size", 32)
        .put("max_position_embeddings", 64)
        .put("rms_norm_eps", 1e-5)
        .put("attention_bias", biases)
        .put("mlp_bias", biases)
        .put("tie_word_embeddings", tied)
        .put("bos_token_id", 1);
  }

  /** Its tensors: gains around 1, everything else around 0. */
  public List<SafetensorsWriter.Source> tensors() {
    ModelConfig config = ConfigReader.read(config(), "SmallModel");
    Random random = new Random(seed);
    List<SafetensorsWriter.Source> sources = new ArrayList<>();
    config
        .tensors(config.layers())
        .forEach(
            (name, shape) -> {
              boolean gain = shape.size() == 1 && name.endsWith("norm.weight");
              sources.add(tensor(name, shape, gain ? 1 : 0, random));
            });
    return sources;
  }

  private SafetensorsWriter.Source tensor(
      String name, List<Long> shape, float mean, Random random) {
    float[] values = new float[(int) new TensorEntry(name, dtype, shape, 0, 0).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = mean + 0.3f * (float) random.nextGaussian();
    }
    return source(name, dtype, shape, values);
  }

  /** A tensor of these values, rounded to F32, F16 or BF16. */
  public static SafetensorsWriter.Source source(
      String name, DType dtype, List<Long> shape, float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * TensorEntry.width(dtype))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (dtype) {
        case F32 -> bytes.putFloat(value);
        case F16 -> bytes.putShort(HalfBits.f16(value));
        case BF16 -> bytes.putShort(HalfBits.bf16(value));
        default -> throw new IllegalArgumentException("no random " + dtype);
      }
    }
    bytes.flip();
    return new SafetensorsWriter.Source(
        name, dtype, shape, channel -> Storage.writeFully(channel, bytes.duplicate()));
  }

  /** Writes it to a directory and opens it. */
  public Model writeTo(Path directory) throws IOException {
    write(directory, config(), tensors());
    return Model.open(ExampleModel.STORAGE, directory.toString());
  }

  /** Writes any configuration with any tensors as a checkpoint of one file. */
  public static void write(
      Path directory, ObjectNode config, List<SafetensorsWriter.Source> tensors)
      throws IOException {
    ExampleModel.STORAGE.writeText(
        directory.resolve(Checkpoint.CONFIG).toString(), config.toPrettyString());
    ExampleModel.STORAGE.write(
        directory.resolve(Checkpoint.SINGLE).toString(),
        channel -> SafetensorsWriter.write(channel, Map.of("format", "pt"), tensors));
  }
}
