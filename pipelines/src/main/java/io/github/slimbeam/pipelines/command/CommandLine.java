// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.Locale;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** From the words of a command line to a job, and from what it refuses to what its user reads. */
public final class CommandLine {
  private CommandLine() {}

  /** What a command does with its options. */
  @FunctionalInterface
  public interface Job<T extends PipelineOptions> {
    void run(T options) throws IOException;
  }

  /**
   * Does what a command line asks for.
   *
   * @throws BadInputException naming options with their dashes, if it cannot be done
   */
  public static <T extends PipelineOptions> void run(
      DeclaredOptions<T> declared, String[] words, Job<T> job) throws IOException {
    try {
      T options = options(declared, words);
      FileSystems.setDefaultPipelineOptions(options);
      job.run(options);
    } catch (BadInputException e) {
      throw OptionNames.in(e);
    }
  }

  /** Checks and reads options. */
  public static <T extends PipelineOptions> T options(
      DeclaredOptions<T> declared, String... words) {
    declared.register();
    CommandWords.check(declared, words);
    String[] resolved = CommandPaths.resolve(declared, words);
    try {
      return PipelineOptionsFactory.fromArgs(resolved).withValidation().as(declared.type());
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          String.valueOf(e.getMessage()).lines().findFirst().orElse("the options are bad"), e);
    }
  }

  /** Never longer than the model's context, and says so. */
  public static int sequenceLength(int asked, ModelConfig config) {
    check(asked > 1, "--sequenceLength=%d: expected at least 2", asked);
    if (asked > config.context()) {
      System.err.printf(
          Locale.ROOT,
          "sequence length %d is capped to the model's context, %d%n",
          asked,
          config.context());
    }
    return Math.min(asked, config.context());
  }
}
