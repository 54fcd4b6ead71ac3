package io.github.slimbeam.transforms.calibration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextFileTest {

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void separatesDocumentsByBlankLines(String newline) throws IOException {
    String content = "\n \na\nb \n\t\n\nc\n".replace("\n", newline);
    assertThat(read("x/a.txt", content))
        .containsExactly(
            new CalibrationText("x/a.txt:000000003", "a\nb ", null),
            new CalibrationText("x/a.txt:000000007", "c", null));
  }

  @Test
  void takesAnEmptyFileForNoText() throws IOException {
    assertThat(read("a.txt", "")).isEmpty();
    assertThat(read("a.txt", "\n\n")).isEmpty();
    assertThat(read("a.jsonl", "\n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.jsonl", "a.json", "a.ndjson", "b.txt/a.JSONL.gz", "a.json.zst"})
  void readsJsonLines(String path) throws IOException {
    String content =
        "{\"text\":\"ä\\nb\",\"url\":7}\r\n\n{\"input_ids\":[0,31999],\"text\":null}\n{\"text\":\"\"}";
    assertThat(read(path, content))
        .containsExactly(
            new CalibrationText(path + ":000000001", "ä\nb", null),
            new CalibrationText(path + ":000000003", null, List.of(0, 31999)),
            new CalibrationText(path + ":000000004", "", null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.txt", "jsonl", "a.json.txt", "a.gz", "README"})
  void takesOtherNamesForPlainText(String path) {
    assertThat(TextFile.isJsonLines(path)).isFalse();
  }

  @Test
  void skipsAByteOrderMark() throws IOException {
    assertThat(read("a.jsonl", "\uFEFF{\"text\":\"a\"}")).hasSize(1);
    assertThat(read("a.txt", "\uFEFFa").get(0).getText()).isEqualTo("a");
    assertThat(TextFile.readWhole("a.txt", bytes("\uFEFFa\r\n\r\nb\n"))).isEqualTo("a\r\n\r\nb\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"text\":     | not valid JSON (Unexpected end-of-input | each line must be one JSON object",
        "{\"text\":\"a\"} {} | not valid JSON | Trailing token",
        "[1,2]          | expected one JSON object per line, found an array |",
        "{\"body\":1}   | expected a field text (a string) or input_ids (an array of token ids), found neither |",
        "{\"text\":null} | found neither |",
        "{\"text\":\"a\",\"input_ids\":[1]} | both text and input_ids: keep the one to be used |",
        "{\"text\":5}   | text must be a string, found the number 5 |",
        "{\"text\":{}}  | text must be a string, found an object |",
        "{\"input_ids\":\"1\"} | input_ids must be an array of integers, found a string |",
        "{\"input_ids\":[]} | input_ids is empty: remove the line |",
        "{\"input_ids\":[3,-1]} | input_ids must hold integers from 0 on, found -1 |",
        "{\"input_ids\":[1.5]} | input_ids must hold integers from 0 on, found 1.5 |",
        "{\"input_ids\":[4294967296]} | integers from 0 on, found 4294967296 |",
        "{\"text\":\"\\ud83d\"} | the text is not valid Unicode (half of a surrogate pair) | repair or remove",
      })
  void saysWhatIsWrongWithALine(String line, String message, String more) {
    assertThatThrownBy(() -> read("d/a.jsonl", "\n{\"text\":\"fine\"}\n" + line))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("d/a.jsonl:000000003: ")
        .hasMessageContaining(message)
        .hasMessageContaining(more == null ? "" : more);
  }

  @ParameterizedTest
  @ValueSource(strings = {"d/a.txt", "d/a.jsonl"})
  void namesTheFileThatIsNoUtf8(String path) {
    byte[] latin = "{\"text\":\"ä\"}".getBytes(ISO_8859_1);
    assertThatThrownBy(() -> TextFile.read(path, new ByteArrayInputStream(latin), t -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(path + ": not valid UTF-8: convert it")
        .hasMessageContaining("if it is compressed, let its name say so");
    assertThatThrownBy(() -> TextFile.readWhole(path, new ByteArrayInputStream(latin)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(path + ": not valid UTF-8");
  }

  private static List<CalibrationText> read(String path, String content) throws IOException {
    List<CalibrationText> texts = new ArrayList<>();
    TextFile.read(path, bytes(content), texts::add);
    return texts;
  }

  private static ByteArrayInputStream bytes(String content) {
    return new ByteArrayInputStream(content.getBytes(UTF_8));
  }
}
