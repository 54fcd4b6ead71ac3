// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.benchmarks;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A Llama of random weights in BF16, one file a layer: uniform, of variance 1 / inputs, so that
 * activations stay of order one; with a tokenizer of no meaning. And calibration windows of random
 * ids, of which few are frequent.
 *
 * @param removed share of the layers' linear weights that are not there, as if pruned: from half of
 *     it in the first layer to one and a half in the last
 */
record RandomCheckpoint(Shape shape, double removed, Path directory) {
  private static final Storage STORAGE = new FileSystemsStorage();
  private static final int CHUNK = 1 << 22;

  /** Of which channels are multiples: what every quantisation of rows can take. */
  private static final int CHANNELS = 256;

  /** Writes it. */
  void write() throws IOException {
    Files.createDirectories(directory);
    int h = shape.hidden();
    List<LayerShape> layers = layers();
    Map<String, String> files = new LinkedHashMap<>();
    Map<String, int[]> ends = new LinkedHashMap<>();
    ends.put("model.embed_tokens.weight", new int[] {shape.vocabulary(), h});
    ends.put("lm_head.weight", new int[] {shape.vocabulary(), h});
    ends.put("model.norm.weight", new int[] {h});
    file("ends.safetensors", ends, files);
    for (int layer = 0; layer < shape.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      int queries = layers.get(layer).heads() * shape.headSize();
      int keys = layers.get(layer).groups() * shape.headSize();
      int channels = layers.get(layer).channels();
      Map<String, int[]> tensors = new LinkedHashMap<>();
      tensors.put(prefix + "input_layernorm.weight", new int[] {h});
      tensors.put(prefix + "post_attention_layernorm.weight", new int[] {h});
      tensors.put(prefix + "self_attn.q_proj.weight", new int[] {queries, h});
      tensors.put(prefix + "self_attn.k_proj.weight", new int[] {keys, h});
      tensors.put(prefix + "self_attn.v_proj.weight", new int[] {keys, h});
      tensors.put(prefix + "self_attn.o_proj.weight", new int[] {h, queries});
      tensors.put(prefix + "mlp.gate_proj.weight", new int[] {channels, h});
      tensors.put(prefix + "mlp.up_proj.weight", new int[] {channels, h});
      tensors.put(prefix + "mlp.down_proj.weight", new int[] {h, channels});
      file(String.format("layer-%03d.safetensors", layer), tensors, files);
    }
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        Json.PLAIN.writeValueAsString(Map.of("weight_map", files)));
    Files.writeString(
        directory.resolve("tokenizer.json"), Json.PLAIN.writeValueAsString(tokenizer()));
    Files.writeString(directory.resolve("config.json"), Json.PLAIN.writeValueAsString(config()));
  }

  private List<LayerShape> layers() {
    List<LayerShape> layers = new ArrayList<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      double kept = 1 - removed * (0.5 + (layer + 0.5) / shape.layers());
      int groups = Math.max(1, (int) Math.round(kept * shape.groups()));
      int channels = (int) Math.round(kept * shape.channels() / CHANNELS) * CHANNELS;
      layers.add(
          removed == 0
              ? new LayerShape(shape.heads(), shape.groups(), shape.channels())
              : new LayerShape(
                  groups * (shape.heads() / shape.groups()),
                  groups,
                  Math.min(shape.channels(), Math.max(CHANNELS, channels))));
    }
    return layers;
  }

  /** Byte-level without merges, as many tokens as the embedding has rows. */
  private Map<String, Object> tokenizer() {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (int id = 0; id < shape.vocabulary(); id++) {
      vocabulary.put(id < 2 ? List.of("<s>", "</s>").get(id) : "token" + id, id);
    }
    return Map.of(
        "model",
        Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of()),
        "pre_tokenizer",
        Map.of(
            "type",
            "ByteLevel",
            "add_prefix_space",
            false,
            "trim_offsets",
            true,
            "use_regex",
            true));
  }

  private Map<String, Object> config() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of("LlamaForCausalLM"));
    config.put("model_type", "llama");
    config.put("hidden_size", shape.hidden());
    config.put("intermediate_size", shape.channels());
    config.put("num_hidden_layers", shape.layers());
    config.put("num_attention_heads", shape.heads());
    config.put("num_key_value_heads", shape.groups());
    config.put("vocab_size", shape.vocabulary());
    config.put("max_position_embeddings", 4096);
    config.put("rms_norm_eps", 1e-5);
    config.put("rope_theta", 10_000.0);
    config.put("hidden_act", "silu");
    config.put("tie_word_embeddings", false);
    config.put("torch_dtype", "bfloat16");
    config.put("bos_token_id", 0);
    config.put("eos_token_id", 1);
    if (removed > 0) {
      config.put(ModelConfig.HEADS_PER_LAYER, layers().stream().map(LayerShape::heads).toList());
      config.put(ModelConfig.GROUPS_PER_LAYER, layers().stream().map(LayerShape::groups).toList());
      config.put(
          ModelConfig.CHANNELS_PER_LAYER, layers().stream().map(LayerShape::channels).toList());
    }
    return config;
  }

  private void file(String name, Map<String, int[]> tensors, Map<String, String> files)
      throws IOException {
    List<SafetensorsWriter.Source> sources = new ArrayList<>();
    tensors.forEach(
        (tensor, sides) -> {
          files.put(tensor, name);
          long seed = tensor.hashCode();
          List<Long> shaped = new ArrayList<>();
          for (int side : sides) {
            shaped.add((long) side);
          }
          sources.add(
              new SafetensorsWriter.Source(
                  tensor, DType.BF16, shaped, channel -> fill(channel, sides, seed)));
        });
    STORAGE.write(
        directory.resolve(name).toString(),
        channel -> SafetensorsWriter.write(channel, Map.of(), sources));
  }

  /** A vector is a norm's gain, ones; a matrix is random. */
  private static void fill(WritableByteChannel channel, int[] sides, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    long left = sides.length == 1 ? sides[0] : (long) sides[0] * sides[1];
    float scale = sides.length == 1 ? 0 : (float) Math.sqrt(3.0 / sides[1]);
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    while (left > 0) {
      bytes.clear();
      while (left > 0 && bytes.hasRemaining()) {
        float value = scale == 0 ? 1 : scale * (random.nextInt() * 0x1p-31f);
        bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        left--;
      }
      Storage.writeFully(channel, bytes.flip());
    }
  }

  /** Writes windows of ids beside it, frequent in inverse proportion to their number. */
  Path windows(int windows, int length) throws IOException {
    SplittableRandom random = new SplittableRandom(windows);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < windows; i++) {
      List<Integer> ids = new ArrayList<>();
      for (int t = 0; t < length; t++) {
        ids.add((int) Math.pow(shape.vocabulary(), random.nextDouble()) - 1);
      }
      lines.add(Json.PLAIN.writeValueAsString(Map.of("input_ids", ids)));
    }
    return Files.write(directory.resolve("windows-" + windows + "x" + length + ".jsonl"), lines);
  }
}
