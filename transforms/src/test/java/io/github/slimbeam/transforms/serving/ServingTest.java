// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.export.GgufForm;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.serving.ServedModel.Form;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ServingTest {
  private static final Quantisation K_QUANTS = Quantisation.ALL.get(0);

  @ParameterizedTest
  @EnumSource(Form.class)
  void everyProgramHasAWordOnEveryForm(Form form) {
    assertThat(Engine.ALL)
        .allSatisfy(engine -> assertThat(engine.of(model(form)).how().toString()).isNotBlank());
  }

  @ParameterizedTest
  @CsvSource({
    "STOCK, YES, YES, YES",
    "BIASED, YES, NO, NO",
    "EVEN_HEADS, YES, CONVERTED, NO",
    "UNEVEN, YES, NO, NO"
  })
  void programsTakeWhatTheirSourcesSay(
      Form form, Engine.Verdict transformers, Engine.Verdict vllm, Engine.Verdict tensorRt) {
    assertThat(
            Stream.of("transformers", "vLLM", "TensorRT-LLM")
                .map(name -> engine(name).of(model(form)).verdict()))
        .containsExactly(transformers, vllm, tensorRt);
  }

  /** What has a norm of the queries, or a window, is more than LLaMA's layers. */
  @Test
  void plainIsWhatComputesLlamasLayers() throws IOException {
    for (FamilyFixture fixture : FamilyFixture.all()) {
      ServedModel served = ServedModel.of(fixture.open().config());
      if (fixture.name().startsWith("llama")) {
        assertThat(served.plain()).as(fixture.name()).isNotEqualTo(fixture.name().endsWith("yarn"));
      }
      if (fixture.name().matches("gemma.*|phi.*|granite.*|olmo.*|qwen.*|.*wrapped")) {
        assertThat(served.plain()).as(fixture.name()).isFalse();
      }
    }
  }

  /** One list of rules: the exporter's. */
  @Test
  void llamaCppTakesWhatTheExportWrites() throws IOException {
    for (FamilyFixture fixture : FamilyFixture.all()) {
      ModelConfig config = fixture.open().config();
      GgufForm.Verdict verdict = GgufForm.find(config);
      Engine.Fit fit = engine("llama.cpp (GGUF)").of(ServedModel.of(config));
      if (verdict.form() == null) {
        assertThat(fit).isEqualTo(new Engine.Fit(Engine.Verdict.NO, verdict.refusal()));
      } else {
        assertThat(fit.verdict()).isEqualTo(Engine.Verdict.CONVERTED);
        assertThat(fit.how().marked())
            .startsWith(
                "export with ⟨format⟩=gguf makes architecture "
                    + verdict.form().architecture().name());
      }
    }
  }

  @Test
  void wholeBlocksInEveryRowFit() {
    ServedModel model = model(Form.STOCK, new LayerShape(24, 24, 8192));
    assertThat(Quantisation.ALL)
        .allSatisfy(q -> assertThat(q.of(model)).isEqualTo(new Quantisation.Fit(1, "")));
  }

  @Test
  void theFirstRowThatIsNoWholeBlocksIsNamed() {
    ServedModel model =
        model(
            Form.UNEVEN,
            new LayerShape(24, 24, 8192),
            new LayerShape(24, 24, 8200),
            new LayerShape(23, 23, 8192));
    assertThat(K_QUANTS.of(model))
        .isEqualTo(new Quantisation.Fit(1, "layer 1: FFN width 8200, between 8192 and 8448"));
    assertThat(Quantisation.ALL.get(1).of(model))
        .isEqualTo(new Quantisation.Fit(2, "layer 1: FFN width 8200, between 8192 and 8320"));
  }

  @Test
  void headsMakeTheRowsOfTheAttentionsOutput() {
    assertThat(K_QUANTS.of(model(Form.UNEVEN, new LayerShape(23, 23, 8192))))
        .isEqualTo(new Quantisation.Fit(0, "layer 0: 23 heads of 128, rows of 2944"));
  }

  @Test
  void aHiddenSizeThatIsNoWholeBlocksConcernsEveryLayer() {
    LayerShape shape = new LayerShape(2, 2, 256);
    ServedModel model =
        new ServedModel("x", Form.STOCK, true, 4000, 128, List.of(shape, shape), llama());
    assertThat(K_QUANTS.of(model)).isEqualTo(new Quantisation.Fit(0, "hidden size 4000"));
  }

  @Test
  void devicesMustDivideHeadsGroupsAndChannelsOfEveryLayer() {
    assertThat(model(Form.STOCK, new LayerShape(24, 8, 8192)).splits()).containsExactly(1, 2, 4, 8);
    assertThat(model(Form.STOCK, new LayerShape(24, 8, 8192), new LayerShape(24, 6, 8192)).splits())
        .containsExactly(1, 2);
    assertThat(model(Form.STOCK, new LayerShape(24, 8, 8191)).splits()).containsExactly(1);
  }

  private static Engine engine(String name) {
    return Engine.ALL.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
  }

  private static ServedModel model(Form form, LayerShape... layers) {
    return new ServedModel("x", form, true, 4096, 128, List.of(layers), llama());
  }

  private static GgufForm.Verdict llama() {
    return GgufForm.find(ConfigReader.read(SmallModel.llama().config(), "a test"));
  }
}
