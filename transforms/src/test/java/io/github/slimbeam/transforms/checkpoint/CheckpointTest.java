// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Opening a checkpoint directory, and every way in which one is refused. */
class CheckpointTest {
  private static final Storage STORAGE = new FileSystemsStorage();

  @TempDir Path directory;

  @BeforeEach
  void aConfiguration() throws IOException {
    text("config.json", "{\"vocab_size\": 5, \"unknown\": [1]}");
  }

  @Test
  void oneFileHoldsAllTensors() throws IOException {
    weights("model.safetensors", "a", "b");
    Checkpoint checkpoint = open();
    assertThat(checkpoint.tensors()).containsOnlyKeys("a", "b");
    assertThat(checkpoint.files()).containsExactly("model.safetensors");
    assertThat(checkpoint.config().path("unknown")).hasSize(1);
    assertThat(checkpoint.directory()).isEqualTo(directory.toString());
    assertThat(checkpoint.storage()).isSameAs(STORAGE);
    try (SafetensorsFile file = checkpoint.open("b")) {
      assertThat(file.entry("b").shape()).containsExactly(1L);
    }
    assertThatThrownBy(() -> checkpoint.open("c"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(directory + ": no tensor c in the checkpoint");
  }

  @Test
  void theIndexSaysWhichFileHoldsATensor() throws IOException {
    weights("model-1.safetensors", "a", "b");
    weights("model-2.safetensors", "b", "c");
    index("{\"a\":\"model-1.safetensors\",\"b\":\"model-2.safetensors\"}");
    Checkpoint checkpoint = open();
    assertThat(checkpoint.tensors()).containsOnlyKeys("a", "b");
    assertThat(checkpoint.files()).containsExactly("model-1.safetensors", "model-2.safetensors");
    try (SafetensorsFile file = checkpoint.open("b")) {
      assertThat(file.path()).endsWith("model-2.safetensors");
    }
  }

  @Test
  void aConfigurationIsAskedForIsReadAndIsAnObject() throws IOException {
    text("config.json", "{\"vocab_size\": ");
    refuses("%s/config.json: not valid JSON: Unexpected end-of-input");
    text("config.json", "[]");
    refuses("%s/config.json: expected a JSON object");
    Files.delete(directory.resolve("config.json"));
    refuses("%s: no config.json there: expected the directory of a Hugging Face checkpoint");
  }

  @Test
  void aQuantisedModelIsRefused() throws IOException {
    weights("model.safetensors", "a");
    text("config.json", "{\"quantization_config\": {\"quant_method\": \"gptq\"}}");
    refuses(
        "%s/config.json: the model is quantised (gptq): prune the unquantised model and quantise the result");
    text("config.json", "{\"quantization_config\": {}}");
    refuses("%s/config.json: the model is quantised (quantization_config is set)");
    text("config.json", "{\"quantization_config\": null}");
    assertThat(open().tensors()).containsOnlyKeys("a");
  }

  @Test
  void picklesAreRefusedBecauseTheyCanRunCode() throws IOException {
    refuses("%s: neither model.safetensors nor model.safetensors.index.json there");
    text("pytorch_model.bin", "");
    text("consolidated.00.pth", "");
    refuses(
        "%s: weights in Meta's or Mistral's own format (consolidated.00.pth): give the same model in Hugging Face's");
    Files.delete(directory.resolve("consolidated.00.pth"));
    refuses(
        "%s: the weights are pickles (pytorch_model.bin), which can run code when opened and are not read: convert"
            + " them to safetensors first");
  }

  @Test
  void twoSetsOfWeightsBesideEachOtherAreRefused() throws IOException {
    weights("model.safetensors", "a");
    weights("model-1.safetensors", "a");
    index("{\"a\":\"model-1.safetensors\"}");
    refuses(
        "%s: both model.safetensors and model.safetensors.index.json, which names other files, are there");
    index("{\"a\":\"model.safetensors\"}");
    assertThat(open().files()).containsExactly("model.safetensors");
  }

  @ParameterizedTest
  @CsvSource({
    "model-00001-of-00002.safetensors, shards (model-00001-of-00002.safetensors) without their index",
    "training_args.bin, a Trainer's directory without weights (training_args.bin)",
    "consolidated.safetensors, weights in Meta's or Mistral's own format (consolidated.safetensors)",
    "model.Q4_K_M.gguf, weights as GGUF (model.Q4_K_M.gguf)",
    "tf_model.h5, only weights of another framework (tf_model.h5)",
    "other.safetensors, 'neither model.safetensors nor model.safetensors.index.json there, only other.safetensors'"
  })
  void whatIsThereInsteadOfWeightsIsNamed(String file, String message) throws IOException {
    text(file, "");
    refuses("%s: " + message);
  }

  @Test
  void whatIsThereInsteadOfAModelIsNamed() throws IOException {
    Files.delete(directory.resolve("config.json"));
    text("adapter_config.json", "{\"peft_type\":\"LORA\",\"base_model_name_or_path\":\"a/b\"}");
    refuses("%s: an adapter (LORA) of a/b, not a model: merge it first");
    assertThatThrownBy(() -> Checkpoint.open(STORAGE, "meta-llama/Llama-2-7b"))
        .hasMessageContaining("hf download");
    Path file = Files.writeString(directory.resolve("model.gguf"), "GGUF");
    assertThatThrownBy(() -> Checkpoint.open(STORAGE, file.toString()))
        .hasMessageStartingWith(file + ": a GGUF file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "model.safetensors", "model.safetensors.index.json"})
  void aGitLfsPointerIsCalledOne(String file) throws IOException {
    text(file, "version https://git-lfs.github.com/spec/v1\noid sha256:07\nsize 4976698672\n");
    refuses("%s/" + file + ": a Git LFS pointer, not the file itself");
  }

  @Test
  void aFieldTwiceOrNoNumberIsRefusedInOneSentence() throws IOException {
    text("config.json", "{\"a\": 1,\n\"a\": 2}");
    refuses("%s/config.json: not valid JSON: Duplicate field 'a'");
    text("config.json", "{\"a\": NaN}");
    refuses("%s/config.json: not valid JSON: Non-standard token 'NaN', in line 1");
  }

  @Test
  void aShardThatIsNamedMustBeThere() throws IOException {
    index("{\"a\":\"model-1.safetensors\"}");
    refuses(
        "%1$s/model.safetensors.index.json: shard model-1.safetensors is named there but is not in %1$s");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x.safetensors",
        "/etc/x.safetensors",
        "sub/x.safetensors",
        "..\\\\x.safetensors",
        "file:x.safetensors",
        ".safetensors",
        "*.safetensors",
        "x.bin",
        ""
      })
  void aShardIsAPlainNameInTheSameDirectory(String shard) throws IOException {
    Files.createDirectory(directory.resolve("sub"));
    weights("sub/x.safetensors", "a");
    index("{\"a\":\"" + shard + "\"}");
    refuses(
        "%s/model.safetensors.index.json: shard "
            + shard.replace("\\\\", "\\")
            + ": expected the plain name of a .safetensors file in the same directory");
  }

  @Test
  void aTensorOfTheIndexMustBeInItsShard() throws IOException {
    weights("model-1.safetensors", "a");
    index("{\"a\":\"model-1.safetensors\",\"b\":\"model-1.safetensors\"}");
    refuses(
        "%s/model.safetensors.index.json: tensor b is not in model-1.safetensors, where the index says it is");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"weight_map\":[]}", "{\"weight_map\":{}}", "[]"})
  void anIndexHasAWeightMap(String index) throws IOException {
    text("model.safetensors.index.json", index);
    refuses("%s/model.safetensors.index.json: expected an object weight_map");
  }

  private Checkpoint open() throws IOException {
    return Checkpoint.open(STORAGE, directory.toString());
  }

  private void refuses(String message) {
    assertThatThrownBy(this::open)
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(String.format(message, directory));
  }

  private void index(String map) throws IOException {
    text("model.safetensors.index.json", "{\"weight_map\":" + map + "}");
  }

  private void text(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }

  private void weights(String name, String... tensors) throws IOException {
    List<SafetensorsWriter.Source> sources =
        Arrays.stream(tensors)
            .map(
                tensor ->
                    new SafetensorsWriter.Source(
                        tensor,
                        DType.F32,
                        List.of(1L),
                        channel -> Storage.writeFully(channel, ByteBuffer.allocate(4))))
            .toList();
    STORAGE.write(
        directory.resolve(name).toString(),
        channel -> SafetensorsWriter.write(channel, Map.of(), sources));
  }
}
