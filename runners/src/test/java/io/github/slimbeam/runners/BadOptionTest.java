package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

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
        "sequenceLength | 1 | --sequenceLength=1: expected at least 2",
        "damping | 1 | --damping=1.0: expected 0 ≤ damping < 1",
        "maxFileBytes | 0 | --maxFileBytes=0: expected a positive number",
        "method | magic | --method=magic: no such method; there are: [slimgpt, slimllm, flap, wanda, magnitude, random]",
        "recovery | magic | --recovery=magic: expected one of [none, regression, bias, compensation, leastSquares]",
        "rounding | up | --rounding=up: expected one of [carried, nearest]",
        "schedule | steep | --schedule=steep: expected one of [logarithmic, linear, uniform, decreasing-logarithmic, decreasing-linear, similarity, flap]",
        "headScore | best | --headScore=best: expected one of [exact, grouped, diagonal]",
        "groupSizes | big | --groupSizes=big: expected one of [geometric, authors, fixed]",
        "targetParameters | 1 | --targetParameters=1: expected at most the dense model's",
        "targetParameters | 99000000 | --targetParameters=99000000: expected at most the dense model's",
        "targetParameters | 140000 | --targetParameters=140000: schedule logarithmic reaches",
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
        "pruningRatio=0.3 | targetParameters=1000000 | --pruningRatio, --targetParameters and --lastRatio each decide",
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
                    "slim prune-it: prune-it is no command; there are: [prune, inspect, perplexity, evaluate, generate, report, compare, benchmark, methods]")));
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
  @ValueSource(strings = {"model", "model/", "model/../model", "."})
  void doesNotOverwriteItsOwnModel(String output) throws IOException {
    Trial trial = Trial.in(directory).with("overwrite", true);
    Files.writeString(trial.path("model/pruning.json"), "{}");
    trial
        .with("output", directory + "/" + output)
        .isRefused("would replace the input " + trial.path("model"));
  }

  @Test
  void doesNotOverwriteItsOwnCalibration() throws IOException {
    Trial trial = Trial.in(directory).with("overwrite", true);
    Files.createDirectories(trial.path("pruned"));
    Files.writeString(trial.path("pruned/pruning.json"), "{}");
    Path windows = trial.path("pruned/windows.jsonl");
    Files.copy(Trial.EXAMPLES.resolve("calibration-windows.jsonl"), windows);
    trial.with("calibration", windows).isRefused("would replace the input " + windows);
  }
}
