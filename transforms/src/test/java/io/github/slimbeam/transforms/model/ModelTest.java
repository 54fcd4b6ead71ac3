package io.github.slimbeam.transforms.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A model's tensors are exactly those its configuration calls for. */
class ModelTest {
  private static final String HEAD = "lm_head.weight";
  private static final String QUERY = "model.layers.1.self_attn.q_proj.weight";

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Family#all")
  void aSmallModelOfEveryFamilyOpens(Family family) throws IOException {
    Model model = SmallModel.of(family).withBiases().writeTo(directory);
    assertThat(model.config().family()).isEqualTo(family);
    assertThat(model.tensors(model.config().layers()).keySet())
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
          with(SmallModel.llama(), name),
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

  @Test
  void rotaryTablesCarryNothingAndAreDropped() throws IOException {
    SmallModel small = SmallModel.llama();
    for (String name :
        List.of("model.rotary_emb.inv_freq", "model.layers.0.self_attn.rotary_emb.inv_freq")) {
      SmallModel.write(directory, small.config(), with(small, name));
      assertThat(written()).doesNotContain(name).hasSize(small.tensors().size());
    }
  }

  @Test
  void aTiedHeadThatIsTheEmbeddingIsDropped() throws IOException {
    SmallModel tied = SmallModel.llama().withTiedHead();
    SmallModel.write(directory, tied.config(), with(tied, head(tied, "model.embed_tokens.weight")));
    assertThat(Model.open(ExampleModel.STORAGE, directory.toString()).config().tied()).isTrue();
    assertThat(written()).doesNotContain(HEAD).hasSize(tied.tensors().size());
  }

  @Test
  void anotherHeadIsKeptWhateverTheConfigurationSays() throws IOException {
    SmallModel tied = SmallModel.llama().withTiedHead();
    SmallModel.write(directory, tied.config(), with(tied, head(SmallModel.llama(), HEAD)));
    Model model = Model.open(ExampleModel.STORAGE, directory.toString());
    assertThat(model.config().tied()).isFalse();
    assertThat(model.head()).isEqualTo(HEAD);
    assertThat(written()).contains(HEAD).hasSize(tied.tensors().size() + 1);
    assertThat(
            new PrunedCheckpoint(model, List.of(), PrunedCheckpoint.MAX_FILE)
                .config()
                .get("tie_word_embeddings")
                .asBoolean())
        .isFalse();
  }

  private List<String> written() throws IOException {
    Model model = Model.open(ExampleModel.STORAGE, directory.toString());
    return new PrunedCheckpoint(model, List.of(), PrunedCheckpoint.MAX_FILE)
        .files().get(0).tensors().stream().map(SafetensorsWriter.Source::name).toList();
  }

  private static SafetensorsWriter.Source head(SmallModel model, String name) {
    SafetensorsWriter.Source found =
        model.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    return new SafetensorsWriter.Source(HEAD, found.dtype(), found.shape(), found.content());
  }

  private static List<SafetensorsWriter.Source> replaced(SafetensorsWriter.Source tensor) {
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(SmallModel.llama().tensors());
    tensors.replaceAll(t -> t.name().equals(tensor.name()) ? tensor : t);
    return tensors;
  }

  private static List<SafetensorsWriter.Source> with(SmallModel model, String name) {
    return with(model, SmallModel.source(name, DType.F32, List.of(2L), 1, 2));
  }

  private static List<SafetensorsWriter.Source> with(
      SmallModel model, SafetensorsWriter.Source tensor) {
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(model.tensors());
    tensors.add(tensor);
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
