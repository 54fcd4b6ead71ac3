// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's tensors are exactly those its configuration calls for. */
class ModelTest {
  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String QUERY = "model.layers.1.self_attn.q_proj.weight";

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Families#all")
  void aSmallModelOfEveryFamilyOpens(Family family) throws IOException {
    Model model = SmallModel.of(family).withBiases().writeTo(directory);
    assertThat(model.config().family()).isEqualTo(family);
    assertThat(model.config().tensors(model.config().layers()).keySet())
        .containsExactlyInAnyOrderElementsOf(model.checkpoint().tensors().keySet());
  }

  @Test
  void theHeadIsTheEmbeddingIfTied() throws IOException {
    assertThat(SmallModel.llama().writeTo(directory.resolve("untied")).head())
        .isEqualTo("lm_head.weight");
    assertThat(SmallModel.llama().withTiedHead().writeTo(directory.resolve("tied")).head())
        .isEqualTo("model.embed_tokens.weight");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void theClosingLinearTellsTheType(DType dtype) throws IOException {
    Model model = SmallModel.llama().withDtype(dtype).writeTo(directory);
    assertThat(model.closing(2, SublayerKind.ATTENTION))
        .isEqualTo("model.layers.2.self_attn.o_proj.weight");
    assertThat(model.closing(0, SublayerKind.FFN)).isEqualTo("model.layers.0.mlp.down_proj.weight");
    assertThat(model.closingType(2, SublayerKind.FFN)).isEqualTo(dtype);
  }

  @Test
  void aMissingTensorIsNamed() throws IOException {
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(SmallModel.llama().tensors());
    tensors.removeIf(t -> t.name().equals(QUERY));
    refuses(SmallModel.llama(), tensors, "tensor " + QUERY + " is missing");
  }

  @Test
  void aWrongShapeIsNamed() throws IOException {
    refuses(
        SmallModel.llama(),
        replaced(SmallModel.source(QUERY, DType.BF16, List.of(2L, 1L), 1, 2)),
        "tensor " + QUERY + " has shape [2, 1], the configuration calls for [16, 16]");
  }

  @Test
  void aTypeThatIsNotComputedWithIsNamed() throws IOException {
    for (DType dtype : List.of(DType.I64, DType.F64)) {
      refuses(
          SmallModel.llama(),
          replaced(
              new SafetensorsWriter.Source(
                  QUERY,
                  dtype,
                  List.of(16L, 16L),
                  channel -> Storage.writeFully(channel, ByteBuffer.allocate(2048)))),
          "tensor " + QUERY + " has dtype " + dtype + ", expected one of [");
    }
  }

  @Test
  void anUnexpectedTensorIsNamed() throws IOException {
    for (String name :
        List.of("model.layers.1.self_attn.q_norm.weight", "model.layers.3.mlp.up_proj.weight")) {
      refuses(
          SmallModel.llama(),
          with(SmallModel.llama(), SmallModel.source(name, DType.F32, List.of(2L), 1, 2)),
          "tensor "
              + name
              + " is unknown to family llama: this is another architecture, or quantised");
    }
  }

  @Test
  void aBiasWithoutItsFlagIsUnexpected() throws IOException {
    refuses(
        SmallModel.llama(),
        SmallModel.llama().withBiases().tensors(),
        "tensor model.layers.0.self_attn.q_proj.bias is unknown to family llama");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.rotary_emb.inv_freq",
        "model.rotary_emb.original_inv_freq",
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.layers.11.self_attn.rotary_emb.cos_cached",
        "model.layers.0.self_attn.rotary_emb.sin_cached"
      })
  void rotaryTablesCarryNothingAndAreDropped(String name) throws IOException {
    SmallModel small = SmallModel.llama();
    SmallModel.write(
        directory,
        small.config(),
        with(small, SmallModel.source(name, DType.F32, List.of(2L), 1, 2)));
    Model model = open();
    assertThat(model.checkpoint().tensors()).containsKey(name);
    assertThat(model.config().tensors(model.config().layers())).doesNotContainKey(name);
    assertThat(written(model)).doesNotContain(name).hasSize(small.tensors().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.layers.0.self_attn.rotary_emb.weight",
        "other.rotary_emb.inv_freq",
        "model.layers.0.mlp.rotary_emb.inv_freq",
        "model.layers.0.self_attn.rotary_emb.inv_freq.more"
      })
  void whatOnlyLooksLikeARotaryTableIsRefused(String name) throws IOException {
    refuses(
        SmallModel.llama(),
        with(SmallModel.llama(), SmallModel.source(name, DType.F32, List.of(2L), 1, 2)),
        "tensor " + name + " is unknown to family llama");
  }

  @Test
  void aStoredHeadThatIsTheEmbeddingIsTiedAndDropped() throws IOException {
    SmallModel tied = SmallModel.llama().withTiedHead();
    SafetensorsWriter.Source embedding = tensor(tied, EMBEDDING);
    SmallModel.write(directory, tied.config(), with(tied, renamed(embedding, HEAD)));
    Model model = open();
    assertThat(model.config().tied()).isTrue();
    assertThat(model.head()).isEqualTo(EMBEDDING);
    assertThat(written(model)).doesNotContain(HEAD).hasSize(tied.tensors().size());
  }

  @Test
  void aStoredHeadOfItsOwnIsKeptWhateverTheConfigurationSays() throws IOException {
    SmallModel tied = SmallModel.llama().withTiedHead();
    SmallModel.write(
        directory, tied.config(), with(tied, renamed(tensor(tied.withSeed(77), EMBEDDING), HEAD)));
    Model model = open();
    assertThat(model.config().tied()).isFalse();
    assertThat(model.head()).isEqualTo(HEAD);
    assertThat(written(model)).contains(HEAD).hasSize(tied.tensors().size() + 1);
    PrunedCheckpoint pruned = new PrunedCheckpoint(model, List.of(), PrunedCheckpoint.MAX_FILE);
    assertThat(pruned.config().get("tie_word_embeddings").asBoolean(true)).isFalse();
    assertThat(pruned.parameters()).isEqualTo(model.config().parameters(model.config().layers()));
  }

  /** The first MB is equal: what follows is compared too. */
  @Test
  void aHeadThatDiffersInItsLastBitOnlyIsOfItsOwn() throws IOException {
    SmallModel tied = SmallModel.llama().withTiedHead();
    ObjectNode config = tied.config().put("vocab_size", 20_000);
    float[] values = new float[20_000 * 16];
    float[] others = values.clone();
    others[others.length - 1] = 1;
    for (boolean same : List.of(true, false)) {
      List<SafetensorsWriter.Source> tensors = new ArrayList<>(tied.tensors());
      tensors.removeIf(t -> t.name().equals(EMBEDDING));
      List<Long> shape = List.of(20_000L, 16L);
      tensors.add(SmallModel.source(EMBEDDING, DType.F32, shape, values));
      tensors.add(SmallModel.source(HEAD, DType.F32, shape, same ? values : others));
      Path other = directory.resolve(Boolean.toString(same));
      SmallModel.write(other, config, tensors);
      assertThat(Model.open(ExampleModel.STORAGE, other.toString()).config().tied())
          .isEqualTo(same);
    }
  }

  @Test
  void aMissingHeadIsSaidWithTheFlagThatWouldTieIt() throws IOException {
    refuses(
        SmallModel.llama(),
        SmallModel.llama().withTiedHead().tensors(),
        "tensor lm_head.weight is missing, and config.json says tie_word_embeddings: false. If the model's head is"
            + " its embedding, set it to true there");
  }

  @ParameterizedTest
  @CsvSource({
    "module.model., module.model.",
    "_orig_mod.model., _orig_mod.model.",
    "language_model.model., language_model.model.",
    "model.language_model., model.language_model.",
    "'', ''"
  })
  void namesWithAnotherPrefixAreSaid(String prefix, String shown) throws IOException {
    refuses(
        SmallModel.llama(),
        SmallModel.llama().tensors().stream()
            .map(t -> renamed(t, t.name().replaceFirst("^model\\.", prefix)))
            .toList(),
        "tensor "
            + prefix
            + "embed_tokens.weight, expected model.embed_tokens.weight: the names begin with \""
            + shown
            + "\" instead of \"model.\"");
  }

  private Model open() throws IOException {
    return Model.open(ExampleModel.STORAGE, directory.toString());
  }

  private static List<String> written(Model model) {
    return new PrunedCheckpoint(model, List.of(), PrunedCheckpoint.MAX_FILE)
        .files().get(0).tensors().stream().map(SafetensorsWriter.Source::name).toList();
  }

  private static SafetensorsWriter.Source tensor(SmallModel model, String name) {
    return model.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static SafetensorsWriter.Source renamed(SafetensorsWriter.Source tensor, String name) {
    return new SafetensorsWriter.Source(name, tensor.dtype(), tensor.shape(), tensor.content());
  }

  private static List<SafetensorsWriter.Source> replaced(SafetensorsWriter.Source tensor) {
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(SmallModel.llama().tensors());
    tensors.replaceAll(t -> t.name().equals(tensor.name()) ? tensor : t);
    return tensors;
  }

  private static List<SafetensorsWriter.Source> with(
      SmallModel model, SafetensorsWriter.Source more) {
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(model.tensors());
    tensors.add(more);
    return tensors;
  }

  private void refuses(SmallModel small, List<SafetensorsWriter.Source> tensors, String message)
      throws IOException {
    SmallModel.write(directory, small.config(), tensors);
    assertThatThrownBy(() -> Model.open(ExampleModel.STORAGE, directory.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(directory + ": " + message);
  }
}
