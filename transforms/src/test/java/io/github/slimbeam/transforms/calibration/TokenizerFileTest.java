// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFileTest {
  private static final Path MODEL = Path.of("../pipelines/examples/story-llama");
  private static final String WORDS = "There once lived a small boy. ".repeat(2000);

  @TempDir Path directory;

  @Test
  void addsNoSpecialTokensUnlessAsked() {
    try (TokenizerFile plain = open(MODEL);
        TokenizerFile special =
            TokenizerFile.open(new FileSystemsStorage(), MODEL.toString(), true)) {
      int[] ids = plain.encode("There once");
      assertThat(ids).isNotEmpty().doesNotContain(1);
      assertThat(special.encode("There once")).startsWith(1).endsWith(ids).hasSize(ids.length + 1);
    }
  }

  @Test
  void decodesWhatItEncodedWithoutSpecialTokens() {
    try (TokenizerFile tokenizer =
        TokenizerFile.open(new FileSystemsStorage(), MODEL.toString(), true)) {
      String text = "There once lived, \uD83D\uDE00 and\n\n é";
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
      assertThat(tokenizer.decode(1, 2)).isEmpty();
      assertThat(tokenizer.decode()).isEmpty();
    }
  }

  @Test
  void doesNotCutALongText() {
    try (TokenizerFile tokenizer = open(MODEL)) {
      int sentence = tokenizer.encode(" There once lived a small boy.").length;
      assertThat(tokenizer.encode(WORDS).length).isGreaterThanOrEqualTo(2000 * sentence - 1);
    }
  }

  @Test
  void doesWithoutTruncationAndPaddingThatTheFileAsksFor() throws IOException {
    String json = Files.readString(MODEL.resolve("tokenizer.json"));
    String cutting =
        json.replace(
                "\"truncation\": null",
                "\"truncation\": {\"direction\":\"Right\",\"max_length\":16,\"strategy\":\"LongestFirst\",\"stride\":0}")
            .replace(
                "\"padding\": null",
                "\"padding\": {\"strategy\":{\"Fixed\":16},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                    + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"<pad>\"}");
    assertThat(cutting).isNotEqualTo(json);
    Files.writeString(directory.resolve("tokenizer.json"), cutting);
    try (TokenizerFile expected = open(MODEL);
        TokenizerFile tokenizer = open(directory)) {
      assertThat(tokenizer.encode(WORDS)).isEqualTo(expected.encode(WORDS));
      assertThat(tokenizer.encode("There")).isEqualTo(expected.encode("There"));
    }
  }

  @Test
  void encodesCharactersBeyondTheBasicPlane() {
    try (TokenizerFile tokenizer = open(MODEL)) {
      // A byte-level tokenizer without merges for it: one token for each byte of UTF-8.
      assertThat(tokenizer.encode("\uD83D\uDE00")).hasSize(4);
    }
  }

  @Test
  void namesTheMissingFile() {
    assertThatThrownBy(() -> open(directory))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(directory.resolve("tokenizer.json") + ": no such file")
        .hasMessageContaining("give a directory with Hugging Face's tokenizer.json")
        .hasMessageContaining("or calibrate on input_ids");
  }

  @Test
  void namesTheUnreadableFile() throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), "{\"version\": 1");
    assertThatThrownBy(() -> open(directory))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(directory.resolve("tokenizer.json").toString())
        .hasMessageContaining("cannot be read as a tokenizer");
  }

  @Test
  void namesTheFileWhoseTokenizerFailsAtAText() throws IOException {
    Files.writeString(
        directory.resolve("tokenizer.json"),
        "{\"version\":\"1.0\",\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"?\"}}");
    try (TokenizerFile tokenizer = open(directory)) {
      assertThatThrownBy(() -> tokenizer.encode("b"))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(
              directory.resolve("tokenizer.json") + ": a text of 1 characters cannot be encoded");
    }
  }

  @Test
  void namesAGitLfsPointer() throws IOException {
    Files.writeString(
        directory.resolve("tokenizer.json"),
        "version https://git-lfs.github.com/spec/v1\noid 07\n");
    assertThatThrownBy(() -> open(directory))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("a Git LFS pointer");
  }

  @Test
  void looksForNothingBeforeTheFirstText() {
    try (TokenizerFile tokenizer =
        TokenizerFile.onDemand(new FileSystemsStorage(), directory.toString())) {
      assertThatThrownBy(() -> tokenizer.encode("text"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("no such file");
    }
  }

  private static TokenizerFile open(Path directory) {
    return TokenizerFile.open(new FileSystemsStorage(), directory.toString());
  }
}
