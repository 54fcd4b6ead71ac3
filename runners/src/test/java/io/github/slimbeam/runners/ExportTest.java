// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.gguf.GgufHeader;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.gguf.GgufValue;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code slim export} on the example model. */
class ExportTest {
  @TempDir private Path directory;

  @Test
  void writesOneFileThatReadsBack() throws IOException {
    Path file = directory.resolve("story.gguf");
    Trial.Said said = export(file, "--dtype=Q8_0");
    assertThat(said.code()).as("%s", said.lines()).isZero();
    GgufHeader header = header(file);
    assertThat(header.metadata())
        .containsEntry("general.architecture", new GgufValue.Text("llama"))
        .containsEntry("llama.context_length", new GgufValue.U32(256))
        .containsKey("tokenizer.ggml.tokens");
    assertThat(header.tensors().get("blk.5.ffn_down.weight").type()).isEqualTo(GgufType.Q8_0);
    assertThat(header.tensors().get("output_norm.weight").type()).isEqualTo(GgufType.F32);
  }

  @Test
  void replacesNothingButAFileOfItsKindWhenAsked() throws IOException {
    Path file = directory.resolve("story.gguf");
    Files.writeString(file, "a diary");
    refused(export(file), "exists: choose another file, or add --overwrite");
    refused(export(file, "--overwrite"), "is no GGUF file, so --overwrite does not replace it");
    assertThat(file).hasContent("a diary");
    Files.delete(file);
    assertThat(export(file).code()).isZero();
    byte[] first = Files.readAllBytes(file);
    refused(export(file), "exists: choose another file, or add --overwrite");
    assertThat(export(file, "--overwrite").code()).isZero();
    assertThat(file).hasBinaryContent(first);
  }

  @Test
  void saysWhatItCannotUse() throws IOException {
    refused(
        export(directory.resolve("story.bin")), "expected the name of a file that ends with .gguf");
    refused(export(directory.resolve("a.gguf"), "--dtype=Q4_K"), "--dtype=Q4_K: expected one of");
    refused(export(Files.createDirectory(directory.resolve("d.gguf"))), "is a directory");
    refused(export(directory.resolve("a.gguf"), "--formt=gguf"), "--formt is not an option");
    refused(export(Trial.EXAMPLES.resolve("story-llama/a.gguf")), "is within --model=");
    assertThat(directory.resolve("a.gguf")).doesNotExist();
  }

  private static Trial.Said export(Path file, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "export",
                "--model=" + Trial.EXAMPLES.resolve("story-llama"),
                "--format=gguf",
                "--output=" + file));
    words.addAll(List.of(more));
    return Trial.said(words.toArray(String[]::new));
  }

  private static void refused(Trial.Said said, String message) {
    assertThat(said.code()).as("%s", said.lines()).isEqualTo(2);
    assertThat(said.lines()).hasSize(1);
    assertThat(said.lines().get(0)).contains(message);
  }

  private static GgufHeader header(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return GgufHeader.read(channel, file.toString());
    }
  }
}
