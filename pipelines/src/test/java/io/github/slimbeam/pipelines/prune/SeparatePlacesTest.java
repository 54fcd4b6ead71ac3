// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.SeparatePlaces;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeparatePlacesTest {
  @TempDir private Path directory;

  /** {@code store/blob} is what {@code model/weights} links to; {@code link} is {@code model}. */
  @BeforeEach
  void makeModel() throws IOException {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    Files.createDirectories(directory.resolve("model"));
    Files.createDirectories(directory.resolve("store"));
    Files.writeString(directory.resolve("store/blob"), "weights");
    Files.createSymbolicLink(directory.resolve("model/weights"), Path.of("../store/blob"));
    Files.createSymbolicLink(directory.resolve("link"), Path.of("model"));
    Files.createSymbolicLink(directory.resolve("later"), Path.of("not/yet"));
    Files.createSymbolicLink(directory.resolve("round"), Path.of("round"));
    Files.writeString(directory.resolve("text.txt"), "text");
    Files.writeString(directory.resolve("text[1].txt"), "text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model | is the same place as --model=",
        "link | is the same place as --model=",
        "link/../link/./ | is the same place as --model=",
        "none/../model | is the same place as --model=",
        "model/new | is within --model=",
        "link/new/out | is within --model=",
        ". | would replace ",
        "store | would replace --model=",
        "text.txt | is the same place as --calibration=",
      })
  void anOutputIsApartFromWhatIsRead(String output, String message) {
    assertThatThrownBy(() -> check("--output=" + path(output)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("--output=" + directory, message, ": choose another place");
  }

  @ParameterizedTest
  @CsvSource({"new", "model2", "mod", "store2/new", "text.txt2", "../elsewhere", "later/on"})
  void whatOnlyLooksAlikeIsApart(String output) {
    assertThatCode(() -> check("--output=" + path(output))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "out | --workDirectory=%s/out | is within --output=%s/out",
        "later | --workDirectory=%s/not/yet | is within --output=%s/later",
        "out | --workDirectory=%s/link | is within --model=%s/model",
        "out | --tempLocation=%s/link/tmp | --tempLocation=%s/link/tmp is within --model=%s/model",
        "text.txt/.. | --tasks=own=%s/text.txt | would replace --calibration=",
        "text | --workDirectory=%s | ",
        "out | --tempLocation=%s | ",
      })
  void soIsEveryOtherPlace(String output, String option, String message) {
    String here = directory.toString();
    String[] words = {"--output=" + path(output), option.replace("%s", here)};
    if (message == null) {
      assertThatCode(() -> check(words)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> check(words))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(message.replace("%s", here));
    }
  }

  @Test
  void theWorkDirectoryBesideAnOutputIsNoModel() throws IOException {
    Files.move(directory.resolve("model"), directory.resolve("m.work"));
    assertThatThrownBy(() -> check("--model=" + path("m.work"), "--output=" + path("m")))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "the work directory of --output=%s is the same place as --model=%s: choose another place for the work directory of --output",
            path("m.work"), path("m.work"));
    assertThat(ExampleJob.names(directory.resolve("m.work"))).containsExactly("weights");
  }

  @Test
  void linksWithoutEndAreSaid() {
    assertThatThrownBy(() -> check("--output=" + path("round/out")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("links without end");
  }

  @Test
  void otherFileSystemsAreComparedByTheirPaths() {
    SeparatePlaces places = new SeparatePlaces();
    places.made("--output", "s3://bucket/a");
    assertThatCode(
            () -> {
              places.read("--model", "s3://bucket/ab");
              places.read("--model", "gs://bucket/a");
              places.read("--model", "/bucket/a");
              places.check();
            })
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () -> {
              places.read("--model", "s3://bucket/a/model");
              places.check();
            })
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("--output=s3://bucket/a would replace --model=s3://bucket/a/model");
    SeparatePlaces slash = new SeparatePlaces();
    slash.made("--output", "s3://bucket/a/");
    assertThatThrownBy(
            () -> {
              slash.read("--model", "s3://bucket/a/model");
              slash.check();
            })
        .hasMessageContaining("would replace");
  }

  private String path(String name) {
    return directory + "/" + name;
  }

  /** With the model and the text above, unless told otherwise. */
  private void check(String... more) throws IOException {
    Map<String, String> words = new LinkedHashMap<>();
    Stream.concat(
            Stream.of("--model=" + path("model"), "--calibration=" + path("text.txt")),
            Stream.of(more))
        .forEach(word -> words.put(word.split("=", 2)[0], word));
    Prune.checkPlaces(CommandLine.options(Prune.options(), words.values().toArray(String[]::new)));
  }
}
