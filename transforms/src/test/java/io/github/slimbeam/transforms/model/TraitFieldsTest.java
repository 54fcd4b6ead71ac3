// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A value that changes the function and is not computed is refused by name, never ignored. */
class TraitFieldsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "llama|{'hidden_act': 'relu2'}|hidden_act relu2, expected silu, gelu, gelu_pytorch_tanh or gelu_new",
        "gemma2|{'hidden_activation': 'quick_gelu'}|hidden_activation quick_gelu, expected",
        "llama|{'rms_norm_eps': 'small'}|expected a number of at least 0 for rms_norm_eps, found \"small\"",
        "llama|{'rms_norm_eps': null}|expected a number for rms_norm_eps, found null",
        "llama|{'rope_parameters': {'rope_type': 'proportional'}}|rope type proportional, expected one of",
        "llama|{'rope_parameters': {'rope_type': 'default', 'mrope_section': [1]}}|rope: mrope_section is a field",
        "llama|{'rope_parameters': {'rope_type': 'default', 'partial_rotary_factor': 0.5}}|partial_rotary_factor 0.5",
        "llama|{'rope_parameters': {'rope_type': 'default', 'llama_4_scaling_beta': 0.1}}|llama_4_scaling_beta 0.1",
        "olmo3|{'rope_parameters': {'rope_type': 'default', 'rope_theta': 10000}}|expected full_attention and sliding_attention",
        "phi3-longrope|{'rope_parameters': {'rope_type': 'longrope', 'short_factor': [1], 'long_factor': [1]}}|short_factor",
        "mistral|{'sliding_window': 0}|expected a positive whole number for sliding_window, found 0",
        "mistral|{'layer_types': ['full_attention']}|layer_types is",
        "qwen2|{'use_sliding_window': 'yes', 'layer_types': null}|expected true or false for use_sliding_window",
        "qwen3|{'layer_types': ['linear_attention', 'full_attention', 'full_attention', 'full_attention']}|layer_types of layer 0 is linear_attention",
        "qwen3|{'layer_types': ['full_attention']}|expected 4 names for layer_types",
        "gemma2|{'attn_logit_softcapping': 'high'}|attn_logit_softcapping",
        "gemma3|{'use_bidirectional_attention': true}|use_bidirectional_attention is true",
        "granite|{'residual_multiplier': [1]}|expected a number of at least 0 for residual_multiplier",
        "granitemoehybrid|{'num_local_experts': 8}|num_local_experts is 8",
        "granitemoehybrid|{'position_embedding_type': 'alibi'}|position_embedding_type",
        "granitemoehybrid|{'layer_types': ['mamba', 'attention', 'attention', 'attention']}|layer_types of layer 0 is mamba",
        "smollm3|{'no_rope_layers': [1]}|expected 4 whole numbers for no_rope_layers",
        "smollm3|{'use_sliding_window': true}|use_sliding_window is true",
        "olmo3|{'tie_word_embeddings': 1}|expected true or false for tie_word_embeddings"
      })
  void whatIsNotComputedIsRefusedByName(String fixture, String change, String message)
      throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json =
        (ObjectNode)
            mapper.readTree(
                Files.readString(new FamilyFixture(fixture).directory().resolve("config.json")));
    json.setAll((ObjectNode) mapper.readTree(change.replace('\'', '"')));
    assertThatThrownBy(() -> ConfigReader.read(json, "c"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("c: ")
        .hasMessageContaining(message);
  }
}
