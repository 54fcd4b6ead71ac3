// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.pipelines.measure.PerplexityOptions;
import io.github.slimbeam.transforms.calibration.TextJoin;
import io.github.slimbeam.transforms.storage.BadInputException;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandWordsTest {

  @Test
  void readsEveryOptionOfBeamAndOfRunners() {
    PerplexityOptions options =
        read(
            "--model=m",
            "--text=t",
            "--join=newline",
            "--verbose",
            "--flinkMaster=host:8081",
            "--filesToStage=a.jar",
            "--filesToStage=b.jar",
            "--fasterCopy",
            "--jobName=job",
            "--runner=FlinkRunner");
    assertThat(options.getJoin()).isEqualTo(TextJoin.NEWLINE);
    assertThat(options.getVerbose()).isTrue();
    assertThat(options.getSequenceLength()).isEqualTo(2048);
    FlinkPipelineOptions flink = options.as(FlinkPipelineOptions.class);
    assertThat(flink.getFlinkMaster()).isEqualTo("host:8081");
    assertThat(flink.getFilesToStage()).containsExactly("a.jar", "b.jar");
    assertThat(flink.getFasterCopy()).isTrue();
    assertThat(flink.getRunner().getSimpleName()).isEqualTo("FlinkRunner");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--sequenceLenght=4 | --sequenceLenght is not an option: did you mean --sequenceLength?",
        "--xyzzy | --xyzzy is not an option",
        "--parallelism=many | --parallelism=many: expected a whole number",
        "--fasterCopy=yes | --fasterCopy=yes: expected true or false",
        "--verbose= | --verbose= is empty: expected a value",
        "--flinkMaster | --flinkMaster has no value: expected --flinkMaster=VALUE, with an equals sign and no space",
        "more | more: expected --option=value, with an equals sign and no space",
        "-x=1 | -x=1: expected --option=value, with an equals sign and no space",
        "@file | @file: expected --option=value, with an equals sign and no space",
        "--model=n | --model is given twice: give it once",
        "--join=tab | --join=tab: expected one of [blankLine, newline, space]",
        "--sequenceLength=1e3 | --sequenceLength=1e3: expected a whole number",
      })
  void namesWhatWasFoundAndWhatWasExpected(String word, String message) {
    assertThatThrownBy(() -> read("--model=m", "--text=t", word))
        .isInstanceOf(BadInputException.class)
        .hasMessage(message);
  }

  @Test
  void saysOfASwitchThatTheNextWordBelongsToNothing() {
    assertThatThrownBy(() -> read("--model=m", "--verbose", "true"))
        .hasMessage("true: expected --option=value, with an equals sign and no space");
  }

  /** What is misspelt may be what is missing. */
  @Test
  void namesTheMisspeltBeforeTheMissing() {
    assertThatThrownBy(() -> read("--modle=m", "--text=t"))
        .hasMessage("--modle is not an option: did you mean --model?");
    assertThatThrownBy(() -> read("--text=t")).hasMessage("--model is missing");
  }

  private static PerplexityOptions read(String... words) {
    return CommandLine.options(DeclaredOptions.of(PerplexityOptions.class), words);
  }
}
