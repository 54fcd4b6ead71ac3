// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
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
  @ValueSource(
      strings = {
        "a.jsonl",
        "a.json",
        "a.ndjson",
        "b.txt/a.JSONL.gz",
        "a.json.zst",
        "a.json.zstd",
        "a.jsonl.bz2",
        "a.jsonl.deflate",
        "a.jsonl.zlib",
        "a.jsonl.snappy",
        "a.jsonl.zip"
      })
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
        "{\"text\":     | the JSON object does not end on this line | or the file is cut off",
        "{\"text\":\"a\"} {} | not valid JSON from column 14 on | one JSON object and nothing else",
        "{\"text\":\"a\",} | not valid JSON from column 13 on |",
        "[1,2]          | a JSON array, expected JSON lines | (jq -c '.[]' FILE)",
        "[              | a JSON array, expected JSON lines | (jq -c '.[]' FILE)",
        "[{\"text\":\"a\"}] | a JSON array, expected JSON lines |",
        "7              | expected one JSON object per line, found the number 7 |",
        "{              | the JSON object does not end on this line | (jq -c . FILE)",
        "{'text': 'a'}  | names in single quotes, as Python prints a dict | json.dumps",
        "{\"text\":\"a\",\"score\":NaN} | the field score is NaN or infinite | write null, or leave",
        "{\"text\":\"a\",\"s\":{\"x\":-Infinity}} | the field x is NaN or infinite |",
        "{\"text\":\"a\",\"s\":[NaN]} | it has NaN or Infinity, which JSON does not have |",
        "{\"id\":1,\"text\":\"a\",\"id\":2} | the field id stands twice in it: keep the one |",
        "{\"body\":1}   | expected a field text (a string) or input_ids (an array of token ids), found only body | name the one that has the text by textField, or",
        "{\"instruction\":1,\"output\":2} | found only instruction, output: name the one that has the text by textField |",
        "{\"messages\":[]} | found only messages: write each conversation as one text | chat template",
        "{}             | found no field at all |",
        "{\"text\":null} | found only text (null) |",
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
    assertThatThrownBy(() -> TextFile.read(path, new ByteArrayInputStream(latin), "text", t -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(path + ": not valid UTF-8: convert it")
        .hasMessageContaining("if it is compressed, let its name say so");
    assertThatThrownBy(() -> TextFile.readWhole(path, new ByteArrayInputStream(latin)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(path + ": not valid UTF-8");
  }

  /** First bytes, as the tools that write such files put them there. */
  @ParameterizedTest
  @CsvSource({
    "50415231150415, a Parquet file",
    "4152524f57310000, an Arrow (Feather) file",
    "ffffffff80010000, an Arrow stream",
    "1f8b0800, compressed by gzip: let its name end in .gz",
    "425a6839314159265359, compressed by bzip2: let its name end in .bz2",
    "28b52ffd04, compressed by zstd: let its name end in .zst",
    "504b030414, a zip archive",
    "fd377a585a0000, compressed by xz",
    "377abcaf271c00, a 7z archive",
    "fffe7b00, UTF-16 text",
    "feff007b, UTF-16 text",
    "255044462d312e, a PDF document",
  })
  void saysWhatIsGivenForText(String hex, String what) {
    byte[] content = HexFormat.of().parseHex(hex);
    for (String path : List.of("a.txt", "a.jsonl")) {
      assertThatThrownBy(
              () -> TextFile.read(path, new ByteArrayInputStream(content), "text", t -> {}))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(path + ": not text but ")
          .hasMessageContaining(what);
      assertThatThrownBy(() -> TextFile.readWhole(path, new ByteArrayInputStream(content)))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(what);
    }
  }

  @Test
  void refusesWhatWouldPassForText() throws IOException {
    byte[] archive = new byte[512];
    System.arraycopy("ustar".getBytes(UTF_8), 0, archive, 257, 5);
    assertThat(read("a.txt", "m".repeat(257) + "ustard")).hasSize(1);
    assertThatThrownBy(
            () -> TextFile.read("a.tar", new ByteArrayInputStream(archive), "text", t -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("a.tar: not text but a tar archive: unpack it");
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    assertThatThrownBy(() -> read("a.txt", pointer))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("a.txt: a Git LFS pointer");
  }

  @Test
  void remarksOnJsonLinesUnderAnotherName() throws IOException {
    String lines = "{\"text\": \"a\"}\n{\"text\": \"b\"}\n";
    assertThat(TextFile.remark("a.txt", bytes(lines)))
        .hasValueSatisfying(
            remark -> assertThat(remark).startsWith("a.txt: begins as JSON lines do"));
    assertThat(TextFile.remark("a.jsonl", bytes(lines))).isEmpty();
    assertThat(TextFile.remark("a.txt", bytes("{a set} of words\n"))).isEmpty();
    assertThat(TextFile.remark("a.txt", bytes(""))).isEmpty();
  }

  /** Every text of every division into parts is one of the whole file, in its place. */
  @ParameterizedTest
  @ValueSource(strings = {"a.txt", "a.jsonl"})
  void readsTheSameInParts(String path) throws IOException {
    Random random = new Random(7);
    for (int trial = 0; trial < 300; trial++) {
      byte[] content = content(random, path).getBytes(UTF_8);
      List<String> whole = contents(path, content, content.length + 1);
      List<CalibrationText> read = new ArrayList<>();
      TextFile.read(path, new ByteArrayInputStream(content), "text", read::add);
      assertThat(whole).isEqualTo(read.stream().map(CalibrationText::getText).toList());
      for (int size = 1; size < 12; size++) {
        assertThat(contents(path, content, size)).as("parts of %d", size).isEqualTo(whole);
      }
    }
  }

  private static List<String> contents(String path, byte[] content, int size) throws IOException {
    List<CalibrationText> texts = new ArrayList<>();
    for (int from = 0; from < content.length; from += size) {
      int begin = Math.max(0, from - 1);
      InputStream bytes = new ByteArrayInputStream(content, begin, content.length - begin);
      TextFile.readRange(
          path, from, Math.min(content.length, from + size), bytes, "text", texts::add);
    }
    assertThat(texts).extracting(CalibrationText::getSource).isSorted().doesNotHaveDuplicates();
    return texts.stream().map(CalibrationText::getText).toList();
  }

  private static String content(Random random, String path) {
    String[] lines =
        path.endsWith(".txt")
            ? new String[] {"", "", " ", "\u3000", "a", "ä b", "\uD83D\uDE00", "\uFEFFx"}
            : new String[] {
              "", " ", "{\"text\":\"\"}", "{\"text\":\"ä\"}", "{\"text\":\"b\",\"x\":1}"
            };
    String[] ends = {"\n", "\r\n", "\r"};
    StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "\uFEFF" : "");
    for (int i = random.nextInt(14); i > 0; i--) {
      text.append(lines[random.nextInt(lines.length)]).append(ends[random.nextInt(3)]);
    }
    return text.append(lines[random.nextInt(lines.length)]).toString();
  }

  @Test
  void namesTheByteWhereALineCannotBeCounted() {
    byte[] content = "{\"text\":\"a\"}\n{\"text\":1}\n".getBytes(UTF_8);
    InputStream rest = new ByteArrayInputStream(content, 3, content.length - 3);
    assertThatThrownBy(() -> TextFile.readRange("a.jsonl", 4, 20, rest, "text", t -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessage("a.jsonl:byte 000000000000013: text must be a string, found the number 1");
  }

  /** Lines and documents far longer than what is read at once. */
  @Test
  void readsLongLinesAndHandsOnLongDocumentsInPieces() throws IOException {
    String line = "ä€ word ".repeat(300_000);
    String document = " ".repeat(200_000) + line + "\nend";
    List<CalibrationText> texts = read("a.txt", "first\n\n" + document + "\n\nlast");
    List<String> pieces = new ArrayList<>();
    LongText.pieces(document, pieces::add);
    assertThat(pieces).hasSizeGreaterThan(2);
    assertThat(texts.stream().map(CalibrationText::getText).toList())
        .containsExactlyElementsOf(
            Stream.of(List.of("first"), pieces, List.of("last")).flatMap(List::stream).toList());
    assertThat(texts.get(1).getSource()).isEqualTo("a.txt:000000003");
    assertThat(read("a.jsonl", "\n{\"text\":\"" + line + "\"}\n").get(0).getText()).isEqualTo(line);
  }

  private static List<CalibrationText> read(String path, String content) throws IOException {
    List<CalibrationText> texts = new ArrayList<>();
    TextFile.read(path, bytes(content), "text", texts::add);
    return texts;
  }

  private static ByteArrayInputStream bytes(String content) {
    return new ByteArrayInputStream(content.getBytes(UTF_8));
  }
}
