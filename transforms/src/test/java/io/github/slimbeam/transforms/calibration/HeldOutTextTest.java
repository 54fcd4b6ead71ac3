// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldOutTextTest {
  private final TokenizerFile tokenizer =
      TokenizerFile.open(new FileSystemsStorage(), "../pipelines/examples/story-llama");
  private final List<TokenSequence> windows = new ArrayList<>();
  private final HeldOutText text = text(tokenizer, TextJoin.BLANK_LINE);

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @Test
  void cutsAPlainFileExactlyAsItIs() throws IOException {
    String content = "There once lived\r\n\r\na small boy whose name was Oscar.\n\n\n";
    read("a.txt", content);
    assertThat(tokens()).isEqualTo(wholeWindows(content));
    text.checkAny("a.txt");
  }

  @Test
  void joinsJsonTextsByTwoNewlines() throws IOException {
    read("a.jsonl", "{\"text\":\"There once lived\"}\n{\"text\":\"a small boy whose name\"}\n");
    assertThat(tokens()).isEqualTo(wholeWindows("There once lived\n\na small boy whose name"));
  }

  /** Rows of WikiText-2 are paragraphs with their newlines, and empty ones between them. */
  @Test
  void joinsEmptyTextsAsWell() throws IOException {
    read("a.jsonl", "{\"text\":\" There \\n\"}\n{\"text\":\"\"}\n{\"text\":\"once lived\"}\n");
    assertThat(tokens()).isEqualTo(wholeWindows(" There \n\n\n\n\nonce lived"));
  }

  @Test
  void joinsAsAsked() throws IOException {
    String lines = "{\"text\":\"There once\"}\n{\"text\":\"lived a boy\"}\n";
    read(text(tokenizer, TextJoin.SPACE), "a.jsonl", lines);
    assertThat(tokens()).isEqualTo(wholeWindows("There once lived a boy"));
    windows.clear();
    read(text(tokenizer, TextJoin.NEWLINE), "a.jsonl", lines);
    assertThat(tokens()).isEqualTo(wholeWindows("There once\nlived a boy"));
  }

  @Test
  void takesWindowsAsTheyAreAndNumbersThroughAllFiles() throws IOException {
    read("a.jsonl", "{\"input_ids\":[1,2]}\n{\"input_ids\":[3,4,5,6]}\n");
    read("b.jsonl", "{\"input_ids\":[7]}\n");
    assertThat(windows)
        .containsExactly(
            new TokenSequence(0, List.of(1, 2)),
            new TokenSequence(1, List.of(3, 4, 5, 6)),
            new TokenSequence(2, List.of(7)));
  }

  @Test
  void saysWhatItCannotTake() {
    assertThatThrownBy(() -> read("a.jsonl", "{\"input_ids\":[1]}\n{\"text\":\"a\"}\n"))
        .isInstanceOf(BadInputException.class)
        .hasMessage("a.jsonl: both texts and input_ids: put them into two files");
    assertThatThrownBy(() -> read("a.jsonl", "{\"input_ids\":[1,2,3,4,5]}\n"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("a.jsonl:000000001: a window of 5 tokens, expected at most 4");
  }

  @Test
  void saysThatNothingFillsAWindow() throws IOException {
    read("a.txt", "\n");
    read("b.jsonl", "");
    assertThatThrownBy(() -> text.checkAny("*.txt"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "*.txt: 1 tokens in all, not one whole window of 4: lower sequenceLength, or give more text");
  }

  private void read(String path, String content) throws IOException {
    read(text, path, content);
  }

  private static void read(HeldOutText text, String path, String content) throws IOException {
    if (TextFile.isJsonLines(path)) {
      List<CalibrationText> all = new ArrayList<>();
      TextFile.read(path, bytes(content), TextFile.TEXT_FIELD, all::add);
      text.join(path, all);
    } else {
      text.readWhole(path, bytes(content));
    }
  }

  private HeldOutText text(TokenizerFile file, TextJoin join) {
    return new HeldOutText(file, new TokenLimits(4, 1024), join, windows::add);
  }

  private static ByteArrayInputStream bytes(String content) {
    return new ByteArrayInputStream(content.getBytes(UTF_8));
  }

  private List<List<Integer>> tokens() {
    return windows.stream().map(TokenSequence::getTokens).toList();
  }

  private List<List<Integer>> wholeWindows(String content) {
    List<Integer> ids = Arrays.stream(tokenizer.encode(content)).boxed().toList();
    List<List<Integer>> expected = new ArrayList<>();
    for (int i = 0; i < ids.size() / 4; i++) {
      expected.add(ids.subList(4 * i, 4 * i + 4));
    }
    return expected;
  }
}
