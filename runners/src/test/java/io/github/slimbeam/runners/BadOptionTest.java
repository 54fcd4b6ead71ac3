// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.slimbeam.pipelines.command.DeclaredOption;
import io.github.slimbeam.pipelines.command.PathOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BadOptionTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pruningRatio | -0.1 | --pruningRatio=-0.1: expected 0 ≤ ratio < 1",
        "pruningRatio | 1.0 | --pruningRatio=1.0: expected 0 ≤ ratio < 1",
        "pruningRatio | 1.5 | --pruningRatio=1.5: expected 0 ≤ ratio < 1",
        "pruningRatio | NaN | --pruningRatio=NaN: expected 0 ≤ ratio < 1",
        "pruningRatio | 0.75 | in layer 4, which would empty it",
        "pruningRatio | much | --pruningRatio=much: expected a number",
        "sequences | many | --sequences=many: expected a whole number",
        "seed | 1.5 | --seed=1.5: expected a whole number",
        "sequences | 0 | --sequences=0: expected a positive number",
        "shards | 0 | --shards=0: expected a positive number",
        "shards | -1 | --shards=-1: expected a positive number",
        "memory | 0 | --memory=0.0: expected a positive number of GiB",
        "sequenceLength | 1 | --sequenceLength=1: expected at least 2",
        "damping | 1 | --damping=1.0: expected 0 ≤ damping < 1",
        "maxFileBytes | 0 | --maxFileBytes=0: expected a positive number",
        "method | magic | --method=magic: no such method; there are: [slimgpt, slimbeam, slimllm, flap, wanda, magnitude, random]",
        "recovery | magic | --recovery=magic: expected one of [none, regression, bias, compensation, leastSquares, affine]",
        "rounding | up | --rounding=up: expected one of [carried, nearest]",
        "schedule | steep | --schedule=steep: expected one of [logarithmic, linear, uniform, decreasing-logarithmic, decreasing-linear, similarity, flap, global]",
        "headScore | best | --headScore=best: expected one of [exact, grouped, diagonal]",
        "groupSizes | big | --groupSizes=big: expected one of [geometric, authors, fixed]",
        "targetParameters | 1 | --targetParameters=1: expected at most the dense model's",
        "targetParameters | 99000000 | --targetParameters=99000000: expected at most the dense model's",
        "targetParameters | 140000 | --targetParameters=140000: schedule logarithmic reaches",
        "targetBytes | 1 | --targetBytes=1: expected at most the dense model's",
        "layout | round | --layout=round: expected one of [perLayer, ffn, uniform]",
        "roundChannels | 0 | --roundChannels=0: expected a positive number",
        "roundChannels | 100000 | --roundChannels=100000: layer 0 has",
        "roundHeads | -1 | --roundHeads=-1: expected a positive number",
        "roundHeads | 7 | --roundHeads=7 does not divide the",
        "firstRatio | 0.9 | schedule logarithmic asks for a ratio of",
        "lastRatio | 0.5 | --lastRatio needs --firstRatio",
        "pruningRatoi | 0.3 | --pruningRatoi is not an option: did you mean --pruningRatio?",
        "xyzzy | 1 | --xyzzy is not an option",
        "runner | Nowhere | Nowhere",
        "calibration | /nowhere/text.txt | no file matches \"/nowhere/text.txt\"",
        "calibration | /no-such-text.txt | no file matches \"/no-such-text.txt\"",
        "evaluation | /nowhere/text.txt | no file matches \"/nowhere/text.txt\"",
        "model | /nowhere/model | /nowhere/model: no config.json there",
        "model | hdfs://namenode:8020/model | hdfs://namenode:8020/model: no file system for hdfs:// on the class path: run SLIM_PROFILES=hdfs",
        "calibration | s3://bucket/*.txt | s3://bucket/*.txt: no file system for s3:// on the class path: run SLIM_PROFILES=s3",
        "evaluation | gs://bucket/a.txt | gs://bucket/a.txt: no file system for gs:// on the class path: run SLIM_PROFILES=gcs",
        "output | hdfs://namenode:8020/out | no file system for hdfs:// on the class path",
        "workDirectory | s3://bucket/work | no file system for s3:// on the class path",
        "model | ftp://host/model | ftp://host/model: no file system for ftp:// is known",
      })
  void namesTheOptionAndWhatIsExpected(String option, String value, String message)
      throws IOException {
    Trial.in(directory).with(option, value).isRefused(message);
  }

  /** Options that are right by themselves and wrong together. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method=slimllm | headScore=exact | --headScore belongs to --method=slimgpt and means nothing to slimllm",
        "method=wanda | groupSizes=fixed | --groupSizes belongs to --method=slimgpt and means nothing to wanda",
        "method=flap | damping=0.1 | --damping belongs to --method=slimgpt and means nothing to flap",
        "method=slimgpt | search=sweep | --search belongs to --method=slimllm and means nothing to slimgpt",
        "method=random | keepLowest=true | --keepLowest belongs to --method=slimllm and means nothing to random",
        "method=slimllm | search=long | --search=long: expected one of [none, sweep, exhaustive]",
        "schedule=similarity | firstRatio=0.1 | --firstRatio does not go with --schedule=similarity",
        "method=slimllm | firstRatio=0.1 | --firstRatio does not go with --schedule=similarity",
        "schedule=flap | targetParameters=1000000 | --targetParameters does not go with --schedule=flap",
        "pruningRatio=0.3 | targetParameters=1000000 | --pruningRatio, --targetParameters, --targetBytes and --lastRatio each",
        "targetBytes=2000000 | targetParameters=1000000 | --pruningRatio, --targetParameters, --targetBytes and --lastRatio",
        "schedule=flap | targetBytes=1000000 | --targetBytes does not go with --schedule=flap",
        "schedule=flap | layout=ffn | --layout does not go with --schedule=flap",
        "schedule=flap | roundChannels=32 | --roundChannels does not go with --schedule=flap",
        "schedule=flap | roundHeads=2 | --roundHeads does not go with --schedule=flap",
        "layout=uniform | schedule=linear | --layout=uniform does not go with --schedule=linear",
        "layout=uniform | rounding=carried | --layout=uniform does not go with --rounding=carried",
        "layout=ffn | rounding=carried | --layout=ffn does not go with --rounding=carried",
        "layout=uniform | padToUniform=true | --padToUniform does not go with --layout=uniform",
        "targetParameters=1000000 | padToUniform=true | --targetParameters does not go with --padToUniform",
        "targetBytes=2000000 | padToUniform=true | --targetBytes does not go with --padToUniform",
        "recovery=bias | padToUniform=true | --padToUniform does not go with --recovery=bias",
        "method=slimbeam | pruningRatio=0.97 | --schedule=global keeps a head and a sixteenth of the channels",
        "method=slimbeam | targetParameters=1 | --targetParameters=1: expected at most the dense model's",
        "method=slimbeam | targetParameters=99000000 | --targetParameters=99000000: expected at most the dense",
        "method=slimbeam | recovery=bias | --target=dense does not go with --recovery=bias",
        "method=slimbeam | target=self | --refit=full does not go with --target=self",
        "method=slimbeam | firstRatio=0.1 | --firstRatio does not go with --schedule=global",
        "method=wanda | target=dense | --target=dense does not go with --method=wanda",
        "method=slimgpt | refitRounds=3 | --refitRounds and --refitTokens belong to --refit=full",
        "method=slimbeam | refitRounds=0 | --refitRounds=0: expected a positive number",
        "method=slimbeam | refitTokens=0 | --refitTokens=0: expected a positive number",
        "method=slimgpt | curves=c.avro | --curves does not go with --schedule=logarithmic, which does not follow",
        "method=slimbeam | curves=/nowhere | --curves=/nowhere: expected removal-curves.avro of a run with --schedule=global",
        "memory=8 | shards=4 | --memory decides how many shards there are",
        "method=flap | targetParameters=1000000 | --targetParameters does not go with --schedule=flap",
      })
  void namesTheOptionsThatDoNotGoTogether(String first, String second, String message)
      throws IOException {
    Trial trial = Trial.in(directory);
    for (String option : List.of(first, second)) {
      int equals = option.indexOf('=');
      trial.with(option.substring(0, equals), option.substring(equals + 1));
    }
    trial.isRefused(message);
  }

  @Test
  void saysWhatARunTakesThatDoesNotFit() throws IOException {
    Trial.in(directory)
        .without("shards")
        .with("memory", "0.5")
        .isRefused("--memory=0.5: this run takes 1.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"model", "calibration", "output"})
  void namesTheOptionThatIsMissing(String option) throws IOException {
    Trial.in(directory).without(option).isRefused("--" + option + " is missing");
  }

  @Test
  void namesTheCommandsThereAre() {
    assertThat(Trial.said("prune-it", "--model=x"))
        .isEqualTo(
            new Trial.Said(
                2,
                List.of(
                    "slim prune-it: prune-it is no command; there are: [prune, inspect, perplexity, evaluate, generate, export, report, compare, benchmark, methods]")));
  }

  @Test
  void keepsAnOutputThatExists() throws IOException {
    Trial trial = Trial.in(directory);
    Files.createDirectories(trial.path("pruned"));
    Files.writeString(trial.path("pruned/pruning.json"), "{}");
    trial.isRefused("--output=" + trial.path("pruned") + " exists", "add --overwrite");
  }

  @Test
  void keepsAnEmptyDirectoryAndAFileInTheOutputsPlace() throws IOException {
    Trial trial = Trial.in(directory);
    Files.createDirectories(trial.path("pruned"));
    trial.isRefused("--output=" + trial.path("pruned") + " exists");
    Files.writeString(trial.path("file"), "a file");
    trial.with("output", trial.path("file")).isRefused("--output=" + trial.path("file"));
    trial.with("overwrite", true).isRefused("--output=" + trial.path("file"));
  }

  @Test
  void doesNotOverwriteADirectoryThatHoldsNoPrunedModel() throws IOException {
    Trial trial = Trial.in(directory).with("overwrite", true);
    Files.createDirectories(trial.path("pruned"));
    Files.writeString(trial.path("pruned/thesis.tex"), "ten years of work");
    trial.isRefused("holds no pruned model (no pruning.json there)");
    Files.delete(trial.path("pruned/thesis.tex"));
    Files.createDirectories(trial.path("pruned/thesis"));
    trial.isRefused("holds no pruned model (no pruning.json there)");
  }

  @ParameterizedTest
  @CsvSource({
    "model, is the same place as",
    "model/, is the same place as",
    "model/../model, is the same place as",
    "nowhere/../model, is the same place as",
    "link, is the same place as",
    "., would replace",
    "up, would replace",
    "model/pruned, is within",
    "link/new/pruned, is within",
  })
  void keepsItsOwnModel(String output, String conflict) throws IOException {
    Trial trial = Trial.in(directory).with("overwrite", true);
    Files.writeString(trial.path("model/pruning.json"), "{}");
    Files.createSymbolicLink(trial.path("link"), trial.path("model"));
    Files.createSymbolicLink(trial.path("up"), Path.of("."));
    trial
        .with("output", directory + "/" + output)
        .isRefused("--output=", conflict + " --model=" + trial.path("model"), "choose another");
  }

  @Test
  void keepsItsOwnCalibration() throws IOException {
    Trial trial = Trial.in(directory).with("overwrite", true);
    Files.createDirectories(trial.path("pruned"));
    Files.writeString(trial.path("pruned/pruning.json"), "{}");
    Path windows = trial.path("pruned/windows.jsonl");
    Files.copy(Trial.EXAMPLES.resolve("calibration-windows.jsonl"), windows);
    trial
        .with("calibration", windows)
        .isRefused("--output=" + trial.path("pruned") + " would replace --calibration=" + windows);
  }

  /** The work directory of an output {@code m} is {@code m.work}. */
  @Test
  void keepsAModelThatIsNamedAsItsWorkDirectory() throws IOException {
    Trial trial = Trial.in(directory);
    Files.move(trial.path("model"), trial.path("m.work"));
    for (boolean anew : List.of(false, true)) {
      trial
          .with("model", trial.path("m.work"))
          .with("output", trial.path("m"))
          .with("restart", anew)
          .isRefused(
              "work directory of --output="
                  + trial.path("m.work")
                  + " is the same place as --model");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "workDirectory, model, is within --model=",
    "workDirectory, pruned, is within --output=",
    "tempLocation, model/tmp, is within --model=",
    "tempLocation, pruned, is within --output=",
  })
  void keepsWhatPassesBetweenStagesApart(String option, String place, String message)
      throws IOException {
    Trial trial = Trial.in(directory);
    trial.with(option, trial.path(place)).isRefused("--" + option + "=", message);
  }

  @Test
  void findsBeforeTheRunThatNothingCanBeWritten() throws IOException {
    Trial trial = Trial.in(directory);
    Files.writeString(trial.path("file"), "a file");
    Files.createSymbolicLink(trial.path("dangling"), Path.of("nowhere"));
    trial
        .with("output", trial.path("file/a/pruned"))
        .isRefused("--output=", trial.path("file") + " is a file, expected a directory");
    trial
        .with("output", trial.path("dangling"))
        .isRefused("--output=", " is a link to " + trial.path("nowhere") + ", where nothing is");
    // Not even root writes there.
    assumeThat(Path.of("/proc/self")).isDirectory();
    trial.with("output", "/proc/pruned").isRefused("nothing can be written in /proc (");
    trial
        .with("output", trial.path("pruned"))
        .with("workDirectory", "/proc/self")
        .isRefused("--workDirectory=/proc/self/pruned-", ": nothing can be written in /proc/");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model | '' | --model= is empty: expected a path",
        "output | '' | --output= is empty: expected a path",
        "calibration | '' | --calibration= is empty: expected a path",
        "calibration | a.txt,,b.txt | --calibration has an empty path",
        "evaluation | '' | --evaluation= is empty",
        "tasks | '' | --tasks= is empty",
        "taskFile | a.json, | --taskFile has an empty path",
        "prompts | '' | --prompts= is empty",
        "tempLocation | '' | --tempLocation= is empty",
        "pruningRatio | '' | --pruningRatio= is empty: expected a value",
        "output | ~bob/x | --output=~bob/x: whose home that is cannot be told",
        "model | file://host/x | --model=file://host/x: host would be another machine",
        "calibration | file:///nowhere/*.txt | no file matches \"/nowhere/*.txt\"",
        "workDirectory | a\ufffdb | --workDirectory=a\ufffdb: holds a character that could not be read",
      })
  void namesThePathThatCannotBe(String option, String value, String message) throws IOException {
    Trial.in(directory).with(option, value).isRefused(message);
  }

  @Test
  void namesAnOptionWithoutValueAndOneGivenTwice() {
    assertThat(Trial.said("prune", "--model=x", "--output", "y").lines().get(0))
        .isEqualTo(
            "slim prune: --output has no value: expected --output=VALUE, with an equals sign and no space");
    assertThat(Trial.said("prune", "--runner=DirectRunner", "--seed=1", "--seed=2"))
        .isEqualTo(new Trial.Said(2, List.of("slim prune: --seed is given twice: give it once")));
    assertThat(Trial.said("inspect", "--model="))
        .isEqualTo(new Trial.Said(2, List.of("slim inspect: --model= is empty: expected a path")));
    assertThat(Trial.said("perplexity", "--model=x", "--text="))
        .isEqualTo(
            new Trial.Said(2, List.of("slim perplexity: --text= is empty: expected a path")));
  }

  @Test
  void everyOptionThatIsAPathSaysSo() {
    assertThat(
            Command.ALL.stream()
                .filter(command -> command.options() != null)
                .flatMap(command -> command.options().byName().values().stream())
                .filter(option -> !option.getter().isAnnotationPresent(PathOption.class))
                .filter(option -> option.type() == String.class)
                .map(DeclaredOption::name)
                .distinct())
        .containsExactlyInAnyOrder(
            "device", "prompt", "textField", "ratios", "seeds", "flinkMaster");
  }
}
