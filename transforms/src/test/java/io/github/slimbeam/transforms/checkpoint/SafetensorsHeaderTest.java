// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import static io.github.slimbeam.transforms.checkpoint.HeaderBytes.bytes;
import static io.github.slimbeam.transforms.checkpoint.HeaderBytes.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsHeaderTest {
  @TempDir Path directory;

  @Test
  void readsTensorsInTheOrderOfTheirBytes() throws IOException {
    SafetensorsHeader header =
        read(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + tensor("b", "BF16", "[3]", "[4,10]")
                + ","
                + tensor("none", "F32", "[0,5]", "[4,4]")
                + ","
                + tensor("scalar", "F32", "[]", "[0,4]")
                + "}",
            10);
    assertThat(header.tensors().values())
        .containsExactly(
            new TensorEntry("scalar", DType.F32, List.of(), 0, 4),
            new TensorEntry("none", DType.F32, List.of(0L, 5L), 4, 4),
            new TensorEntry("b", DType.BF16, List.of(3L), 4, 10));
    assertThat(header.metadata()).containsEntry("format", "pt").hasSize(1);
  }

  @Test
  void aFileOfLessThanEightBytesIsTruncated() throws IOException {
    refusesBytes(
        new byte[3],
        "F: truncated: 3 bytes, a safetensors file begins with 8 bytes of header length");
  }

  @Test
  void aHeaderLongerThanTheFileIsRefused() throws IOException {
    refusesBytes(
        bytes(100, "{}", 0),
        "F: header length 100 goes beyond the file's 10 bytes: not a safetensors file, or truncated");
    refusesBytes(
        bytes(-1, "{}", 0),
        "F: header length 18446744073709551615 goes beyond the file's 10 bytes");
    refusesBytes(bytes(1, "{}", 0), "F: header length 1 goes beyond the file's 10 bytes");
  }

  @Test
  void aHeaderOfMoreThanAHundredMegabytesIsNotRead() throws IOException {
    Path sparse = directory.resolve("sparse");
    try (SeekableByteChannel channel =
        Files.newByteChannel(
            sparse,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(ByteBuffer.wrap(bytes(100_000_001, "", 0)));
      channel.position(100_000_020);
      channel.write(ByteBuffer.allocate(1));
    }
    try (SeekableByteChannel channel = Files.newByteChannel(sparse)) {
      assertThatThrownBy(() -> SafetensorsHeader.read(channel, "F"))
          .isInstanceOf(BadInputException.class)
          .hasMessage("F: header length 100000001, expected at most 100000000");
    }
  }

  @Test
  void aHeaderThatIsNoJsonObjectIsRefused() throws IOException {
    refuses("{\"a\":", 0, "F: header is not valid JSON: Unexpected end-of-input");
    refuses("{}{}", 0, "F: header is not valid JSON: ");
    refuses("[]", 0, "F: header is not a JSON object");
    refuses("  ", 0, "F: header is not a JSON object");
  }

  @Test
  void aNameThatOccursTwiceIsRefused() throws IOException {
    String two = tensor("a", "F32", "[1]", "[0,4]");
    refuses("{" + two + "," + two + "}", 4, "F: header is not valid JSON: Duplicate field 'a'");
  }

  @Test
  void aTypeThatIsNotReadIsNamed() throws IOException {
    refuses(
        "{" + tensor("t", "F8_E4M3", "[4]", "[0,4]") + "}",
        4,
        "F: tensor t: dtype F8_E4M3 cannot be read, only [F64, F32, F16, BF16, I64, I32]: prune the"
            + " unquantised model and quantise the result");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1.0", "1.5", "\"1\"", "null", "9223372036854775808"})
  void aDimensionIsAWholeNumberFromZeroOn(String dimension) throws IOException {
    refuses(
        "{" + tensor("t", "F32", "[" + dimension + "]", "[0,4]") + "}",
        4,
        "F: tensor t: dimension " + dimension + " in shape [" + dimension + "]");
  }

  @Test
  void aShapeWhoseSizeOverflowsIsTooLarge() throws IOException {
    for (String shape : List.of("[4611686018427387904, 4]", "[2305843009213693952, 2]")) {
      refuses(
          "{" + tensor("t", "F32", shape, "[0,4]") + "}",
          4,
          "F: tensor t: shape " + shape + " is too large");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"null", "[]", "[0]", "[0,4,8]", "[0,\"4\"]", "[0,4.0]", "{\"a\":0,\"b\":4}", "7"})
  void aShapeIsAListAndOffsetsAreTwoWholeNumbers(String offsets) throws IOException {
    refuses(
        "{" + tensor("t", "F32", "1", "[0,4]") + "}",
        4,
        "F: tensor t: expected shape and two data_offsets, found {");
    refuses(
        "{" + tensor("t", "F32", "[1]", offsets) + "}",
        4,
        "F: tensor t: expected shape and two data_offsets, found {");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[-4,0]", "[4,0]", "[0,8]", "[4,8]", "[0,9223372036854775807]"})
  void offsetsLieWithinTheFile(String offsets) throws IOException {
    refuses(
        "{" + tensor("t", "F32", "[1]", offsets) + "}",
        4,
        "F: tensor t: data_offsets "
            + offsets
            + " lie outside the file's 4 bytes of data: corrupt or truncated");
  }

  @Test
  void tensorsNeitherOverlapNorLeaveGaps() throws IOException {
    String first = "{" + tensor("a", "F32", "[1]", "[0,4]") + ",";
    refuses(
        first + tensor("b", "F32", "[1]", "[2,6]") + "}",
        6,
        "F: tensor b begins at byte 2, expected 4: tensors must neither overlap nor leave gaps");
    refuses(
        first + tensor("b", "F32", "[1]", "[6,10]") + "}",
        10,
        "F: tensor b begins at byte 6, expected 4: tensors must neither overlap nor leave gaps");
  }

  @Test
  void theSizeIsThatOfTheShape() throws IOException {
    refuses(
        "{" + tensor("t", "F32", "[1]", "[0,8]") + "}",
        8,
        "F: tensor t: 8 bytes, but shape [1] of F32 takes 4");
  }

  @Test
  void nothingFollowsTheLastTensor() throws IOException {
    refuses(
        "{" + tensor("t", "F32", "[1]", "[0,4]") + "}",
        6,
        "F: the tensors end at byte 4 of the data, the file at 6");
  }

  private void refuses(String json, int dataBytes, String message) throws IOException {
    refusesBytes(bytes(json.length(), json, dataBytes), message);
  }

  private void refusesBytes(byte[] bytes, String message) throws IOException {
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(message);
  }

  private SafetensorsHeader read(String json, int dataBytes) throws IOException {
    return read(bytes(json.length(), json, dataBytes));
  }

  private SafetensorsHeader read(byte[] bytes) throws IOException {
    Path file = Files.write(directory.resolve("file"), bytes);
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      return SafetensorsHeader.read(channel, "F");
    }
  }
}
