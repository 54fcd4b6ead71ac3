// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Traits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/** The keys that tell an architecture's sizes and numbers. */
final class GgufKeys {
  private GgufKeys() {}

  /**
   * All keys but the tokenizer's, in the order in which they are written. There is no {@code
   * general.name}: llama.cpp treats special tokens otherwise where it has {@code phi3} in it, or
   * refuses the file.
   */
  static Map<String, GgufValue> of(GgufForm form, GgufType type) {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put("general.architecture", new GgufValue.Text(form.architecture().name()));
    keys.put("general.type", new GgufValue.Text("model"));
    keys.put("general.file_type", new GgufValue.U32(type.fileType()));
    if (type.block() > 1) {
      keys.put("general.quantization_version", new GgufValue.U32(2));
    }
    own(form).forEach((key, value) -> keys.put(form.architecture().name() + "." + key, value));
    return keys;
  }

  private static Map<String, GgufValue> own(GgufForm form) {
    ModelConfig config = form.config();
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put("block_count", new GgufValue.U32(config.layers().size()));
    keys.put("context_length", new GgufValue.U32(form.context()));
    keys.put("embedding_length", new GgufValue.U32(config.hidden()));
    keys.put("vocab_size", new GgufValue.U32(config.vocabulary()));
    keys.put("feed_forward_length", widths(config, LayerShape::channels));
    keys.put("attention.head_count", widths(config, LayerShape::heads));
    keys.put("attention.head_count_kv", widths(config, LayerShape::groups));
    keys.put("attention.key_length", new GgufValue.U32(config.headSize()));
    keys.put("attention.value_length", new GgufValue.U32(config.headSize()));
    Traits traits = config.traits();
    keys.put("attention.layer_norm_rms_epsilon", number(traits.epsilon()));
    if (form.architecture().multipliers()) {
      keys.put("embedding_scale", number(traits.embeddingScale()));
      keys.put("residual_scale", number(traits.residualScale()));
      keys.put("attention.scale", number(traits.attentionScale()));
      keys.put("logit_scale", number(traits.logitDivisor()));
    }
    if (form.architecture().softCaps()) {
      keys.put("attn_logit_softcapping", number(traits.attentionSoftCap()));
      keys.put("final_logit_softcapping", number(traits.logitSoftCap()));
    }
    keys.putAll(form.rotary().keys());
    Map<String, Long> constant = form.architecture().keys();
    if (constant != null) {
      constant.forEach((key, value) -> keys.put(key, new GgufValue.U32(value)));
    }
    return keys;
  }

  /** One number where it is every layer's, and a list otherwise. */
  private static GgufValue widths(ModelConfig config, ToIntFunction<LayerShape> width) {
    List<Integer> widths = config.layers().stream().map(width::applyAsInt).toList();
    return widths.stream().distinct().count() == 1
        ? new GgufValue.U32(widths.get(0))
        : GgufValue.ints(widths);
  }

  private static GgufValue number(double value) {
    return new GgufValue.F32((float) value);
  }
}
