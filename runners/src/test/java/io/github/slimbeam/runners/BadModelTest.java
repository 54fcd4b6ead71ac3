// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that are refused before anything runs. */
class BadModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String Q = "model.layers.0.self_attn.q_proj.weight";

  @TempDir private Path directory;
  private Trial trial;
  private Path config;
  private Path weights;

  @BeforeEach
  void copyModel() throws IOException {
    trial = Trial.in(directory);
    config = trial.path("model/config.json");
    weights = trial.path("model/model.safetensors");
  }

  private void edit(Consumer<ObjectNode> change) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    change.accept(json);
    Files.writeString(config, json.toString());
  }

  private void editHeader(Consumer<ObjectNode> change) throws IOException {
    byte[] all = Files.readAllBytes(weights);
    int length = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getInt();
    ObjectNode header = (ObjectNode) JSON.readTree(Arrays.copyOfRange(all, 8, 8 + length));
    change.accept(header);
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer changed =
        ByteBuffer.allocate(all.length - length + json.length).order(ByteOrder.LITTLE_ENDIAN);
    changed.putLong(json.length).put(json).put(all, 8 + length, all.length - 8 - length);
    Files.write(weights, changed.array());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "qwen3_moe | is a mixture of experts",
        "mamba2 | is a state-space or recurrent model",
        "nemotron_h | has layers of a state space, of linear attention or of short convolutions",
        "gemma4_text | shares keys and values between layers",
        "modernbert | is an encoder and no language model",
        "t5 | is an encoder with a decoder"
      })
  void saysWhyAKindOfModelIsNotPruned(String type, String reason) throws IOException {
    edit(
        json -> {
          json.put("model_type", type);
          json.putArray("architectures").add("Some" + type);
        });
    trial.isRefused("model_type " + type + " " + reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"architectures\": [", "", "not json", "[]", "\0\0"})
  void namesTheConfigurationThatCannotBeRead(String content) throws IOException {
    Files.writeString(config, content);
    trial.isRefused(config.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "architectures | [\"BloomForCausalLM\"] | architecture [BloomForCausalLM] is of no family we have; we have [Gemma2ForCausalLM",
        "quantization_config | {\"quant_method\":\"gptq\"} | the model is quantised (gptq)",
        "intermediate_size | 353 | has shape [352, 128], the configuration calls for [353, 128]",
        "num_hidden_layers | 7 | tensor model.layers.6.input_layernorm.weight is missing",
        "num_hidden_layers | 5 | tensor model.layers.5",
        "hidden_size | \"big\" | expected a positive whole number for hidden_size, found \"big\"",
        "num_key_value_heads | 3 | 8 attention heads cannot share 3 key-value heads",
        "hidden_act | \"relu\" | hidden_act relu, expected silu, gelu",
      })
  void namesTheFieldThatContradicts(String field, String value, String message) throws IOException {
    edit(
        json -> {
          try {
            json.set(field, JSON.readTree(value));
          } catch (IOException e) {
            throw new IllegalArgumentException(e);
          }
        });
    trial.isRefused(trial.path("model").toString(), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model-00001-of-00002.safetensors | shard model-00001-of-00002.safetensors is named there but is not in",
        "../../outside.safetensors | shard ../../outside.safetensors: expected the plain name",
        "/etc/passwd | shard /etc/passwd: expected the plain name",
      })
  void namesTheShardThatIsAbsentOrElsewhere(String shard, String message) throws IOException {
    Files.delete(weights);
    Files.writeString(
        trial.path("model/model.safetensors.index.json"),
        JSON.createObjectNode()
            .set("weight_map", JSON.createObjectNode().put(Q, shard))
            .toString());
    trial.isRefused("model.safetensors.index.json", message);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 100, 100_000})
  void namesTheTruncatedFile(int size) throws IOException {
    Files.write(weights, Arrays.copyOf(Files.readAllBytes(weights), size));
    trial.isRefused(weights.toString(), "truncated");
  }

  @Test
  void namesTheHeaderLengthBeyondTheFile() throws IOException {
    byte[] all = Files.readAllBytes(weights);
    ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(Long.MAX_VALUE);
    Files.write(weights, all);
    trial.isRefused(weights + ": header length 9223372036854775807 goes beyond the file's");
  }

  @Test
  void namesTheTensorWhoseBytesOverlap() throws IOException {
    editHeader(
        header -> {
          ObjectNode q = (ObjectNode) header.get(Q);
          ObjectNode k = (ObjectNode) header.get(Q.replace("q_proj", "o_proj"));
          k.set("data_offsets", q.get("data_offsets"));
        });
    trial.isRefused("self_attn.", "tensors must neither overlap nor leave gaps");
  }

  @Test
  void namesTheTensorWhoseBytesLieOutside() throws IOException {
    editHeader(
        header ->
            ((ObjectNode) header.get(Q))
                .putArray("data_offsets")
                .add(99_000_000)
                .add(99_000_000 + 2 * 128 * 128));
    trial.isRefused("tensor " + Q + ": data_offsets", "lie outside the file's");
  }

  @Test
  void namesTheTensorOfATypeThatIsNotRead() throws IOException {
    editHeader(header -> ((ObjectNode) header.get(Q)).put("dtype", "F8_E4M3"));
    trial.isRefused("tensor " + Q + ": dtype F8_E4M3 cannot be read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "model.pt"})
  void refusesPicklesAndSaysWhy(String name) throws IOException {
    Files.move(weights, trial.path("model").resolve(name));
    trial.isRefused(name, "the weights are pickles", "which can run code when opened");
  }

  @Test
  void saysThatThereAreNoWeights() throws IOException {
    Files.delete(weights);
    trial.isRefused("neither model.safetensors nor model.safetensors.index.json there");
  }
}
