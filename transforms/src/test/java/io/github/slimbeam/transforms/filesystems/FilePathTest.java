// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FilePathTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a | a",
        "a/b// | a/b",
        "/ | /",
        "./~ | ./~",
        "a~ | a~",
        "run[1] | run[1]",
        "file:///a/b/ | /a/b",
        "file:/a/b | /a/b",
        "FILE:///a/b | /a/b",
        "file://localhost/a/*.txt | /a/*.txt",
        "file:///a%20b/caf%C3%A9+1 | /a b/café+1",
        "file:///100%/a | /100%/a",
        "file:a | file:a",
        "s3://bucket/~/a%20b | s3://bucket/~/a%20b",
      })
  void isWhatTheUserMeans(String written, String meant) {
    assertThat(FilePath.resolve("--model", written)).isEqualTo(meant);
    assertThat(FilePath.resolve("--model", meant)).isEqualTo(meant);
  }

  @ParameterizedTest
  @CsvSource({"~,", "~/,", "~/a/b,/a/b"})
  void knowsTheHomeDirectory(String written, String below) {
    assertThat(FilePath.resolve("--model", written))
        .isEqualTo(System.getenv("HOME") + (below == null ? "" : below));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | --model has an empty path",
        "' ' | --model has an empty path",
        "~bob/m | --model=~bob/m: whose home that is cannot be told: expected ~/ for your own, a full path, or ./~bob/m",
        "file://host/m | --model=file://host/m: host would be another machine: expected file:///",
        "file://m | --model=file://m: m would be another machine",
      })
  void refusesWhatCanBeNoPath(String written, String message) {
    assertThatThrownBy(() -> FilePath.resolve("--model", written))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void storageTakesUrisAndNoEmptyPath(@TempDir Path directory) throws IOException {
    FileSystemsStorage storage = new FileSystemsStorage();
    Files.writeString(directory.resolve("a"), "text");
    assertThat(storage.read("file://" + directory + "/a")).asString().isEqualTo("text");
    assertThat(storage.exists("file:" + directory + "/a")).isTrue();
    assertThatThrownBy(() -> storage.resolve("", "config.json"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("an empty path");
  }
}
