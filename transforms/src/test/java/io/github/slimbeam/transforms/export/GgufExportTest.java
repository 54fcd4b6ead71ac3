// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.HalfBits;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.gguf.GgufHeader;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Families;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.HandPruned;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What stands in the files, read back; that llama.cpp computes the same is tested elsewhere. */
class GgufExportTest {
  @TempDir private Path directory;

  @Test
  void everyFamilyNamesArchitecturesThatThereAre() {
    for (Family family : Families.all()) {
      assertThat(Architecture.all().keySet()).as(family.name()).containsAll(family.gguf());
    }
  }

  @Test
  void headsOfQueriesAndKeysStandInPairsAndNothingElseMoves() throws IOException {
    Model model = SmallModel.llama().withBiases().writeTo(directory.resolve("model"));
    Path file = export(model, GgufType.BF16);
    for (String name : List.of("attn_q", "attn_k")) {
      String source = "model.layers.1.self_attn." + name.charAt(5) + "_proj";
      float[] dense = bf16(HandPruned.bytes(model, source + ".weight"));
      float[] written = bf16(tensor(file, "blk.1." + name + ".weight"));
      int columns = 16;
      int[] order = {0, 2, 1, 3};
      for (int row = 0; row < dense.length / columns; row++) {
        int from = row - row % 4 + order[row % 4];
        for (int column = 0; column < columns; column++) {
          assertThat(written[row * columns + column]).isEqualTo(dense[from * columns + column]);
        }
      }
    }
    assertThat(tensor(file, "blk.1.attn_v.weight"))
        .isEqualTo(HandPruned.bytes(model, "model.layers.1.self_attn.v_proj.weight"));
    assertThat(tensor(file, "token_embd.weight"))
        .isEqualTo(HandPruned.bytes(model, "model.embed_tokens.weight"));
    assertThat(header(file).tensors().get("blk.1.attn_q.bias").type()).isEqualTo(GgufType.F32);
  }

  @Test
  void widthsOfLayersAreListsOnlyWhereTheyDiffer() throws IOException {
    ObjectNode config = SmallModel.llama().config();
    config.putArray("intermediate_size_per_layer").add(24).add(8).add(16);
    Path model = directory.resolve("own");
    SmallModel.write(model, config, tensors(config));
    Map<String, GgufValue> keys = header(export(open(model), GgufType.F16)).metadata();
    assertThat(keys)
        .containsEntry("general.architecture", new GgufValue.Text("deci"))
        .containsEntry("deci.feed_forward_length", GgufValue.ints(List.of(24, 8, 16)))
        .containsEntry("deci.attention.head_count", new GgufValue.U32(4))
        .containsEntry("deci.attention.key_length", new GgufValue.U32(4))
        .containsEntry("deci.rope.dimension_count", new GgufValue.U32(4));
  }

  @ParameterizedTest
  @EnumSource(
      value = GgufType.class,
      names = {"F32", "F16", "BF16"})
  void theFileIsAsLongAsItWasSaidToBe(GgufType type) throws IOException {
    Model model = SmallModel.llama().writeTo(directory.resolve("model"));
    GgufExport export = GgufExport.of(model, type, Map.of());
    List<String> told = new ArrayList<>();
    Path file = directory.resolve("model.gguf");
    export.write(ExampleModel.STORAGE, file.toString(), (tensor, bytes) -> told.add(tensor));
    assertThat(Files.size(file)).isEqualTo(export.size());
    assertThat(told).containsExactlyElementsOf(header(file).tensors().keySet());
  }

  @Test
  void rowsThatAreNoWholeBlocksAreRefusedByName() throws IOException {
    Model model = SmallModel.llama().writeTo(directory.resolve("model"));
    assertThatThrownBy(() -> GgufExport.of(model, GgufType.Q8_0, Map.of()))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "Q8_0 keeps blocks of 32 weights, and token_embd.weight has rows of 16");
  }

  @Test
  void aNumberThatIsNoneLeavesNoFile() throws IOException {
    Path model = directory.resolve("broken");
    SmallModel.llama().withDtype(DType.F32).writeTo(model);
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.NaN);
    Files.write(weights, bytes);
    assertThatThrownBy(() -> export(open(model), GgufType.F32))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("lm_head.weight has numbers that are not finite");
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(model);
    }
  }

  private static List<SafetensorsWriter.Source> tensors(ObjectNode config) {
    List<SafetensorsWriter.Source> sources = new ArrayList<>();
    ModelConfig read = ConfigReader.read(config, "own");
    read.tensors(read.layers())
        .forEach(
            (name, shape) -> {
              long count = shape.stream().reduce(1L, Math::multiplyExact);
              sources.add(SmallModel.source(name, DType.F32, shape, new float[(int) count]));
            });
    return sources;
  }

  private static Model open(Path model) throws IOException {
    return Model.open(ExampleModel.STORAGE, model.toString());
  }

  private Path export(Model model, GgufType type) throws IOException {
    Path file = directory.resolve("model.gguf");
    GgufExport.of(model, type, Map.of())
        .write(ExampleModel.STORAGE, file.toString(), (tensor, bytes) -> {});
    return file;
  }

  private static GgufHeader header(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return GgufHeader.read(channel, file.toString());
    }
  }

  private static byte[] tensor(Path file, String name) throws IOException {
    GgufHeader header = header(file);
    GgufHeader.Tensor tensor = header.tensors().get(name);
    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.size());
    try (FileChannel channel = FileChannel.open(file)) {
      channel.read(bytes, header.dataStart() + tensor.offset());
    }
    return bytes.array();
  }

  private static float[] bf16(byte... bytes) {
    float[] numbers = new float[bytes.length / 2];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          HalfBits.ofBf16(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getShort(2 * i));
    }
    return numbers;
  }
}
