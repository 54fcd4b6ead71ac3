// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.LfsPointer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Files that people give for text and that are something else: told by their first bytes, because
 * some of them would pass for text.
 */
enum ForeignFormat {
  PARQUET(
      "5041523115",
      "a Parquet file",
      "let its name end in .parquet, or " + Remedy.pandas("read_parquet")),
  ARROW("4152524f57310000", "an Arrow (Feather) file", Remedy.pandas("read_feather")),
  ARROW_STREAM(
      "ffffffff",
      "an Arrow stream, as Hugging Face's datasets keep them",
      "write it as JSON lines: datasets.Dataset.from_file(FILE).to_json(\"texts.jsonl\")"),
  GZIP("1f8b", "compressed by gzip", "let its name end in .gz"),
  BZIP2("425a68..314159265359", "compressed by bzip2", "let its name end in .bz2"),
  ZSTD("28b52ffd", "compressed by zstd", "let its name end in .zst"),
  ZIP(
      "504b0304",
      "a zip archive",
      "unpack it, or let its name end in .zip if texts are all it has"),
  XZ("fd377a585a00", "compressed by xz, which is not read", "decompress it (xz -d), or use zstd"),
  SEVEN_ZIP("377abcaf271c", "a 7z archive, which is not read", "unpack it (7z x)"),
  LZ4("04224d18", "compressed by lz4, which is not read", "decompress it (lz4 -d), or use zstd"),
  SNAPPY_FRAMES(
      "ff060000734e61507059",
      "snappy's framing format, which is not read",
      "decompress it, or use zstd"),
  UTF16_LITTLE("fffe", "UTF-16 text", Remedy.UTF8),
  UTF16_BIG("feff", "UTF-16 text", Remedy.UTF8),
  PDF("255044462d", "a PDF document", "extract its text first (pdftotext)"),
  NUMPY("934e554d5059", "a NumPy array", "write its token ids as JSON lines with input_ids"),
  HDF5("894844460d0a1a0a", "an HDF5 file", "write its texts as JSON lines"),
  SQLITE("53514c69746520666f726d6174203300", "an SQLite database", "write its texts as JSON lines"),
  TAR(257, "757374617200", "a tar archive", Remedy.UNPACK),
  GNU_TAR(257, "7573746172202000", "a tar archive", Remedy.UNPACK);

  /** So many bytes tell all of them. */
  private static final int HEAD = 265;

  private static final String ANY = "..";

  private final int offset;
  private final String magic;
  private final String what;
  private final String remedy;

  /** What several of them need. */
  private static final class Remedy {
    static final String UTF8 = "convert it (iconv -f UTF-16 -t UTF-8)";
    static final String UNPACK = "unpack it (tar xf) and name the files in it";

    static String pandas(String reader) {
      return "convert it to JSON lines, such as by python -c 'import pandas; pandas."
          + reader
          + "(\"FILE\").to_json(\"texts.jsonl\", orient=\"records\", lines=True)'";
    }
  }

  ForeignFormat(String magic, String what, String remedy) {
    this(0, magic, what, remedy);
  }

  ForeignFormat(int offset, String magic, String what, String remedy) {
    this.offset = offset;
    this.magic = magic;
    this.what = what;
    this.remedy = remedy;
  }

  /**
   * Refuses what is no text.
   *
   * @param bytes at the file's beginning, decompressed; where it can be set back to, and is
   * @throws BadInputException saying what it is and what to do
   */
  static void refuse(InputStream bytes, String path) throws IOException {
    bytes.mark(HEAD);
    byte[] head = bytes.readNBytes(HEAD);
    bytes.reset();
    LfsPointer.refuse(head, path);
    for (ForeignFormat format : values()) {
      BadInputException.check(
          !format.begins(head), "%s: not text but %s: %s", path, format.what, format.remedy);
    }
  }

  /** Whether text that begins so is meant to be lines of JSON objects. */
  static boolean looksLikeJsonLines(byte[] head) {
    String text = new String(head, StandardCharsets.UTF_8).stripLeading();
    return text.matches("(?s)\\{\\s*\"[^\"\\n]+\"\\s*:.*");
  }

  private boolean begins(byte[] head) {
    int length = magic.length() / 2;
    if (head.length < offset + length) {
      return false;
    }
    String found = HexFormat.of().formatHex(Arrays.copyOfRange(head, offset, offset + length));
    for (int i = 0; i < magic.length(); i += 2) {
      String expected = magic.substring(i, i + 2);
      if (!expected.equals(ANY) && !expected.equals(found.substring(i, i + 2))) {
        return false;
      }
    }
    return true;
  }
}
