// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.gguf.GgufValue.Bool;
import io.github.slimbeam.transforms.gguf.GgufValue.Text;
import io.github.slimbeam.transforms.gguf.GgufValue.U32;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerMetadataTest {
  private static final String BYTE_LEVEL =
      """
      {"added_tokens": [
         {"id": 0, "content": "<s>", "special": true},
         {"id": 4, "content": "</s>", "special": true},
         {"id": 5, "content": "<think>", "special": false},
         {"id": 6, "content": "<|end|>", "special": false}],
       "normalizer": {"type": "NFC"},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
         {"type": "Digits", "individual_digits": true},
         {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
       "post_processor": {"type": "ByteLevel", "add_prefix_space": true},
       "model": {"type": "BPE", "dropout": null, "continuing_subword_prefix": "", "ignore_merges": false,
         "vocab": {"<s>": 0, "a": 1, "Ġ": 2, "Ġa": 3}, "merges": [["Ġ", "a"]]}}
      """;

  private static final String CONFIG =
      "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"pad_token\": null}";

  @TempDir private Path directory;

  @Test
  void aByteLevelTokenizerIsItsMergesAndTheNameOfItsWords() throws IOException {
    write(BYTE_LEVEL, CONFIG);
    assertThat(keys(8))
        .containsExactly(
            Map.entry("tokenizer.ggml.model", new Text("gpt2")),
            Map.entry("tokenizer.ggml.pre", new Text("smollm")),
            Map.entry("tokenizer.ggml.merges", GgufValue.texts(List.of("Ġ a"))),
            Map.entry(
                "tokenizer.ggml.tokens",
                GgufValue.texts(
                    List.of("<s>", "a", "Ġ", "Ġa", "</s>", "<think>", "<|end|>", "[PAD7]"))),
            Map.entry("tokenizer.ggml.token_type", GgufValue.ints(List.of(3, 1, 1, 1, 3, 4, 3, 5))),
            Map.entry("tokenizer.ggml.bos_token_id", new U32(0)),
            Map.entry("tokenizer.ggml.eos_token_id", new U32(4)),
            Map.entry("tokenizer.ggml.add_bos_token", new Bool(false)),
            Map.entry("tokenizer.ggml.add_eos_token", new Bool(false)));
  }

  /** The score of a token is the place of the first merge that makes it; bytes have a type. */
  @Test
  void aTokenizerAsSentencePiecesIsItsScores() throws IOException {
    write(sentencePiece(), CONFIG);
    Map<String, GgufValue> keys = keys(265);
    assertThat(keys)
        .containsEntry("tokenizer.ggml.model", new Text("llama"))
        .containsEntry("tokenizer.ggml.pre", new Text("default"))
        .containsEntry("tokenizer.ggml.add_space_prefix", new Bool(true))
        .containsEntry("tokenizer.ggml.bos_token_id", new U32(1))
        .containsEntry("tokenizer.ggml.add_bos_token", new Bool(true))
        .doesNotContainKey("tokenizer.ggml.merges");
    List<GgufValue> tokens = array(keys, "tokens");
    List<GgufValue> types = array(keys, "token_type");
    assertThat(tokens.subList(0, 4))
        .containsExactly(new Text("<unk>"), new Text("<s>"), new Text("</s>"), new Text("<0x00>"));
    assertThat(types.subList(0, 4)).isEqualTo(ints(2, 3, 3, 6));
    assertThat(tokens.subList(259, 265))
        .extracting(value -> ((Text) value).value())
        .containsExactly("▁", "a", "▁a", "aa", "▁aa", "[PAD264]");
    assertThat(types.subList(259, 265)).isEqualTo(ints(1, 1, 1, 1, 1, 5));
    assertThat(array(keys, "scores").subList(259, 264))
        .extracting(value -> ((GgufValue.F32) value).value())
        .containsExactly(0f, 0f, -0f, -1f, -2f);
  }

  @Test
  void tokensOfSeveralSpacesAreFoundAsSpaces() throws IOException {
    ObjectNode tokenizer = json(sentencePiece());
    TinyTokenizer.add(tokenizer, "▁▁", false);
    tokenizer.set(
        "normalizer",
        Json.PLAIN.readTree(
            "{\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"▁\"}"));
    write(tokenizer.toString(), CONFIG);
    Map<String, GgufValue> keys = keys(265);
    assertThat(keys).containsEntry("tokenizer.ggml.add_space_prefix", new Bool(false));
    assertThat(array(keys, "tokens").get(264)).isEqualTo(new Text("  "));
    assertThat(array(keys, "token_type").get(264)).isEqualTo(new GgufValue.I32(4));
  }

  /** A rule has two names where llama.cpp knows it with and without cleaning up spaces. */
  @ParameterizedTest
  @CsvSource({"true, refact", "false, smollm"})
  void ofTwoNamesTheOneThatCleansUpAsTheModelDoes(boolean cleans, String name) throws IOException {
    write(
        BYTE_LEVEL,
        CONFIG.replace("{\"bos", "{\"clean_up_tokenization_spaces\": " + cleans + ", \"bos"));
    assertThat(keys(7)).containsEntry("tokenizer.ggml.pre", new Text(name));
  }

  @Test
  void endsOfTurnsAreThoseThatGenerationStopsAt() throws IOException {
    write(BYTE_LEVEL, "{\"eos_token\": \"</s>\"}");
    Files.writeString(
        directory.resolve("generation_config.json"),
        "{\"bos_token_id\": 0, \"eos_token_id\": [4, 6, 5], \"pad_token_id\": 4}");
    assertThat(keys(7))
        .containsEntry("tokenizer.ggml.bos_token_id", new U32(0))
        .containsEntry("tokenizer.ggml.eos_token_id", new U32(4))
        .containsEntry("tokenizer.ggml.eot_token_id", new U32(6))
        .containsEntry("tokenizer.ggml.eom_token_id", new U32(5))
        .containsEntry("tokenizer.ggml.padding_token_id", new U32(4));
  }

  @Test
  void whatTheConfigurationAddsIsAdded() throws IOException {
    write(BYTE_LEVEL, CONFIG.replace("{\"bos", "{\"add_bos_token\": true, \"bos"));
    assertThat(keys(7)).containsEntry("tokenizer.ggml.add_bos_token", new Bool(true));
  }

  @Test
  void chatTemplatesAreOneOrNamed() throws IOException {
    write(
        BYTE_LEVEL,
        "{\"eos_token\": \"</s>\", \"chat_template\": [{\"name\": \"tool_use\", \"template\": \"T\"},"
            + " {\"name\": \"default\", \"template\": \"D\"}]}");
    assertThat(keys(7))
        .containsEntry("tokenizer.chat_template", new Text("D"))
        .containsEntry("tokenizer.chat_template.tool_use", new Text("T"))
        .containsEntry("tokenizer.chat_templates", GgufValue.texts(List.of("tool_use")));
    Files.writeString(directory.resolve("chat_template.jinja"), "{{ own }}");
    assertThat(keys(7)).containsEntry("tokenizer.chat_template", new Text("{{ own }}"));
    write(BYTE_LEVEL, "{\"eos_token\": \"</s>\", \"chat_template\": \"one\"}");
    Files.delete(directory.resolve("chat_template.jinja"));
    assertThat(keys(7))
        .containsEntry("tokenizer.chat_template", new Text("one"))
        .doesNotContainKey("tokenizer.chat_templates");
  }

  /** Gemma's text model has a token of images without a row. */
  @Test
  void anAddedTokenWithoutARowIsLeftOut() throws IOException {
    write(BYTE_LEVEL, CONFIG);
    assertThat(array(keys(6), "tokens")).hasSize(6);
  }

  @Test
  void theExampleModel() throws IOException {
    Map<String, GgufValue> keys =
        TokenizerMetadata.of(ExampleModel.STORAGE, ExampleModel.DIRECTORY, 1024);
    assertThat(keys)
        .containsEntry("tokenizer.ggml.pre", new Text("gpt-2"))
        .containsEntry("tokenizer.ggml.padding_token_id", new U32(0))
        .containsEntry("tokenizer.ggml.add_bos_token", new Bool(true));
    assertThat(array(keys, "tokens")).hasSize(1024);
  }

  @Test
  void refusesWhatIsDamagedOrAnotherModels() throws IOException {
    assertThatThrownBy(() -> keys(7))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tokenizer.json: no such file");
    assertRefused(t -> t.withObject("model").put("type", "Unigram"), "type Unigram, expected BPE");
    assertRefused(t -> t.withObject("model").remove("vocab"), "no model.vocab");
    assertRefused(t -> t.withObject("model").remove("merges"), "no model.merges");
    assertRefused(
        t -> t.withObject("model").withObject("vocab").put("b", 9),
        "token «b» has id 9, but the model's embedding has 7 rows");
    assertRefused(
        t -> t.withObject("model").withObject("vocab").put("b", 1), "have the same id, 1");
    assertRefused(
        t -> t.withObject("model").withObject("vocab").put("b", 1.5), "id of token «b» is 1.5");
    assertRefused(t -> t.withObject("model").withObject("vocab").put("", 5), "has 0 characters");
    assertRefused(
        t -> t.withObject("model").withObject("vocab").put("HALF", 5), "not valid Unicode");
    assertRefused(
        t -> t.withObject("model").withObject("vocab").put("</s>", 5), "token «</s>» has ids");
    assertRefused(
        t -> t.withObject("model").withArray("merges").add("a  a"), "expected two tokens");
    assertRefused(t -> t.withObject("model").withArray("merges").add("a a"), "«aa» is no token");
  }

  @Test
  void refusesWhatLlamaCppComputesOtherwise() throws IOException {
    assertRefused(
        t -> t.withObject("model").put("ignore_merges", true), "none that we know cuts by");
    assertRefused(
        t -> t.withObject("model").put("dropout", 0.1), "model.dropout is 0.1, expected none");
    assertRefused(
        t -> t.withObject("normalizer").put("type", "Lowercase"), "normalizer \"Lowercase\"");
    assertRefused(
        t -> t.withObject("post_processor").put("type", "BertProcessing"), "\"BertProcessing\"");
    assertRefused(
        t -> ((ObjectNode) t.at("/pre_tokenizer/pretokenizers/1")).put("add_prefix_space", true),
        "puts a space before the text");
    assertRefused(
        t -> ((ObjectNode) t.at("/pre_tokenizer/pretokenizers/0")).put("individual_digits", false),
        "cuts digits one by one");
    assertRefused(
        t -> ((ObjectNode) t.at("/pre_tokenizer/pretokenizers/0")).put("type", "Whitespace"),
        "pre-tokenizer \"Whitespace\"");
    assertRefused(t -> t.putNull("pre_tokenizer"), "neither ByteLevel among the pre-tokenizers");
    assertRefused(
        t ->
            t.withObject("pre_tokenizer")
                .withArray("pretokenizers")
                .addObject()
                .put("type", "Split"),
        "after ByteLevel there is another");
    assertRefused(
        t ->
            t.set(
                "pre_tokenizer",
                Json.PLAIN
                    .createObjectNode()
                    .put("type", "Split")
                    .put("behavior", "MergedWithNext")
                    .set("pattern", Json.PLAIN.createObjectNode().put("Regex", "a"))),
        "isolates the matches");
  }

  /** Scores say the same as merges only of a list that has all pairs, those of a token together. */
  @Test
  void refusesMergesThatScoresCannotSay() throws IOException {
    for (String[] wrong :
        new String[][] {
          {", [\"▁\", \"aa\"]", "", "no merge of «▁» and «aa», which would make a token"},
          {
            "[\"a\", \"a\"], [\"▁\", \"aa\"], [\"▁a\", \"a\"]",
            "[\"▁\", \"aa\"], [\"a\", \"a\"], [\"▁a\", \"a\"]",
            "merges that make «▁aa» stand apart from each other, as merge 3"
          },
          {"\"<0x41>\"", "\"<0x4x>\"", "no token <0x41>"},
          {"\"prepend\": \"▁\"", "\"prepend\": \"_\"", "normalizer {\"type\":\"Prepend\""},
        }) {
      String text = sentencePiece();
      assertThat(text).contains(wrong[0]);
      write(text.replace(wrong[0], wrong[1]), CONFIG);
      assertThatThrownBy(() -> keys(265))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(wrong[2]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"bos_token\": \"<s>\"}", "{}"})
  void refusesATokenizerWithoutAnEnd(String config) throws IOException {
    write(BYTE_LEVEL, config);
    assertThatThrownBy(() -> keys(7))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("no token that ends a text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"eos_token\": \"<eos>\"} | eos_token is «<eos>», which is no token",
        "{\"eos_token\": \"</s>\", \"add_bos_token\": true} | add_bos_token is true, but there is no bos_token",
        "{\"eos_token\": \"</s>\", \"chat_template\": [{\"name\": \"a/b\", \"template\": \"\"}]} | a chat template «a/b»"
      })
  void refusesAConfigurationThatContradicts(String config, String message) throws IOException {
    write(BYTE_LEVEL, config);
    assertThatThrownBy(() -> keys(7))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesOtherTokensAroundAText() throws IOException {
    write(sentencePiece().replace("\"ids\": [1]", "\"ids\": [2]"), CONFIG);
    assertThatThrownBy(() -> keys(265))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("puts tokens [2] around a text, expected bos_token alone (1)");
  }

  private void assertRefused(Consumer<ObjectNode> change, String message) throws IOException {
    ObjectNode tokenizer = json(BYTE_LEVEL);
    change.accept(tokenizer);
    write(tokenizer.toString(), CONFIG);
    assertThatThrownBy(() -> keys(7))
        .as(message)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  private static String sentencePiece() {
    StringBuilder bytes = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      bytes.append(String.format(Locale.ROOT, "\"<0x%02X>\": %d, ", b, b + 3));
    }
    return """
        {"added_tokens": [
           {"id": 0, "content": "<unk>", "special": true},
           {"id": 1, "content": "<s>", "special": true},
           {"id": 2, "content": "</s>", "special": true}],
         "normalizer": {"type": "Sequence", "normalizers": [
           {"type": "Prepend", "prepend": "▁"},
           {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
         "pre_tokenizer": null,
         "post_processor": {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
           "special_tokens": {"<s>": {"id": "<s>", "ids": [1]}}},
         "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true,
           "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, BYTES"▁": 259, "a": 260, "▁a": 261, "aa": 262, "▁aa": 263},
           "merges": [["▁", "a"], ["a", "a"], ["▁", "aa"], ["▁a", "a"]]}}
        """
        .replace("BYTES", bytes);
  }

  private void write(String tokenizer, String config) throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), tokenizer.replace("HALF", "\\ud83d"));
    Files.writeString(directory.resolve("tokenizer_config.json"), config);
  }

  private Map<String, GgufValue> keys(int rows) throws IOException {
    return TokenizerMetadata.of(ExampleModel.STORAGE, directory.toString(), rows);
  }

  private static ObjectNode json(String text) throws IOException {
    return (ObjectNode) Json.PLAIN.readTree(text);
  }

  private static List<GgufValue> array(Map<String, GgufValue> keys, String name) {
    return ((GgufValue.Array) keys.get("tokenizer.ggml." + name)).values();
  }

  private static List<GgufValue> ints(Integer... values) {
    return GgufValue.ints(List.of(values)).values();
  }
}
