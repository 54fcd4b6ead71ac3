// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.export.LlamaCpp;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.gguf.GgufWriter;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Token ids of llama.cpp are those of Hugging Face's library. */
@Tag("clients")
class TokenizersInLlamaCppTest {
  private static final String BYTES =
      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}";

  private static final List<String> SHORT =
      List.of(
          "", " ", "\n", "a", " a", "  a", "a ", "a\n\n", "\n\n a", "1", " 12345", "é", "'s 'S");

  @TempDir private Path directory;

  static Stream<PreTokenizer> preTokenizers() throws IOException {
    return Arrays.stream(
        Json.STRICT.readValue(
            PreTokenizer.class.getResourceAsStream("pre_tokenizers.json"), PreTokenizer[].class));
  }

  @ParameterizedTest
  @MethodSource("preTokenizers")
  void ofEveryPreTokenizerThatWeName(PreTokenizer rule) throws IOException {
    ObjectNode sequence = Json.PLAIN.createObjectNode().put("type", "Sequence");
    for (String split : rule.splits()) {
      sequence
          .withArray("pretokenizers")
          .addObject()
          .put("type", "Split")
          .put("behavior", "Isolated")
          .put("invert", false)
          .putObject("pattern")
          .put("Regex", split);
    }
    sequence.withArray("pretokenizers").add(Json.PLAIN.readTree(BYTES));
    ObjectNode tokenizer = TinyTokenizer.byteLevel(sequence.toString(), rule.ignoresMerges());
    TinyTokenizer.add(tokenizer, "<|im_start|>", true);
    TinyTokenizer.add(tokenizer, "<think>", false);
    assertSameIds(
        TinyTokenizer.write(directory, tokenizer),
        TinyTokenizer.size(tokenizer),
        "<|im_start|>user\nhi </s> <think>\n\nno <|im_start|>");
  }

  @Test
  void ofTheExampleModel() throws IOException {
    assertSameIds(Path.of(ExampleModel.DIRECTORY), 1024, "<s>once</s> upon <pad> a");
  }

  /** LLaMA 2's, which has a space before every stretch of text. */
  @Test
  void ofSentencePiecesKindWithASpaceBefore() throws IOException {
    ObjectNode tokenizer =
        TinyTokenizer.sentencePiece(
            """
            {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
              {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
            """,
            "null");
    TinyTokenizer.add(tokenizer, "<|user|>", true);
    assertSameIds(
        TinyTokenizer.write(directory, tokenizer),
        TinyTokenizer.size(tokenizer),
        "<|user|>once</s> upon <s>\n a");
  }

  /** Gemma's, with no space before, and tokens of several spaces that are found first. */
  @Test
  void ofSentencePiecesKindWithoutASpaceBefore() throws IOException {
    ObjectNode tokenizer =
        TinyTokenizer.sentencePiece(
            "{\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"▁\"}",
            """
            {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false}
            """);
    for (String text : List.of("<start_of_turn>", "<b>")) {
      TinyTokenizer.add(tokenizer, text, text.length() > 3);
    }
    assertSameIds(
        TinyTokenizer.write(directory, tokenizer),
        TinyTokenizer.size(tokenizer),
        "<start_of_turn>user\nonce <b>upon</b>  <b> a");
  }

  /**
   * Mistral's: the same as LLaMA 2's for a text that neither begins with a space nor has control
   * tokens.
   */
  @Test
  void ofSentencePiecesKindWithASpaceBeforeTheFirstWord() throws IOException {
    ObjectNode tokenizer =
        TinyTokenizer.sentencePiece(
            "null",
            "{\"type\": \"Metaspace\", \"replacement\": \"▁\", \"prepend_scheme\": \"first\", \"split\": false}");
    Path place = TinyTokenizer.write(directory, tokenizer);
    JsonNode answer = ask(place, TinyTokenizer.size(tokenizer), List.of(TinyTokenizer.TEXT));
    try (TokenizerFile ours = TokenizerFile.open(ExampleModel.STORAGE, place.toString())) {
      assertThat(ids(answer.path("texts").get(0).path("parsed")))
          .containsExactly(ours.encode(TinyTokenizer.TEXT));
    }
  }

  private void assertSameIds(Path place, int rows, String withSpecialTokens) throws IOException {
    List<String> texts =
        Stream.concat(SHORT.stream(), Stream.of(TinyTokenizer.TEXT, withSpecialTokens)).toList();
    JsonNode answer = ask(place, rows + 5, texts);
    try (TokenizerFile ours = TokenizerFile.open(ExampleModel.STORAGE, place.toString());
        TokenizerFile whole = TokenizerFile.open(ExampleModel.STORAGE, place.toString(), true)) {
      for (int i = 0; i < texts.size(); i++) {
        String text = texts.get(i);
        JsonNode theirs = answer.path("texts").get(i);
        assertThat(ids(theirs.path("parsed"))).as("«%s»", text).containsExactly(ours.encode(text));
        assertThat(theirs.path("begins").asBoolean())
            .as("begins with <s>")
            .isEqualTo(whole.encode(text).length > ours.encode(text).length);
      }
      assertThat(ours.encode(TinyTokenizer.TEXT).length)
          .as("merges happen")
          .isLessThan(TinyTokenizer.TEXT.length());
    }
  }

  /** A file of a tokenizer alone. */
  private JsonNode ask(Path place, int rows, List<String> texts) throws IOException {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put("general.architecture", new GgufValue.Text("llama"));
    for (String count :
        List.of(
            "block_count",
            "context_length",
            "embedding_length",
            "feed_forward_length",
            "attention.head_count",
            "rope.dimension_count")) {
      keys.put("llama." + count, new GgufValue.U32(1));
    }
    keys.put("llama.attention.layer_norm_rms_epsilon", new GgufValue.F32(1e-5f));
    keys.putAll(TokenizerMetadata.of(ExampleModel.STORAGE, place.toString(), rows));
    Path file = directory.resolve("tokenizer.gguf");
    ExampleModel.STORAGE.write(
        file.toString(), channel -> GgufWriter.write(channel, keys, List.of()));
    ObjectNode request = Json.PLAIN.createObjectNode();
    texts.forEach(request.withArray("texts")::add);
    return LlamaCpp.compute(file, request);
  }

  private static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = list.get(i).asInt();
    }
    return ids;
  }
}
