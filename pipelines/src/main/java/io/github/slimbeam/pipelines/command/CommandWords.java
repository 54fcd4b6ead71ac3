// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Stack;
import org.apache.beam.sdk.util.StringUtils;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Checks the words of a command line before Beam reads them, and says what is wrong with them. */
final class CommandWords {
  /** What Java reads for bytes that the locale's encoding does not have. */
  private static final char UNREADABLE = '\ufffd';

  /** Two letters exchanged are two errors. */
  private static final int MOST_ERRORS = 3;

  private CommandWords() {}

  /**
   * Refuses words that are no options, and values of another type.
   *
   * @throws BadInputException naming the option, what was found and what was expected
   */
  static void check(DeclaredOptions<?> declared, String... words) {
    for (String word : words) {
      BadInputException.check(
          word.indexOf(UNREADABLE) < 0,
          "%s: holds a character that could not be read: write it in UTF-8, and set LC_ALL=C.UTF-8",
          word);
    }
    picocli.CommandLine parser =
        new picocli.CommandLine(CommandSyntax.withBeam(declared, CommandWords::refuseSpace))
            .setExpandAtFiles(false);
    parser.getCommandSpec().parser().collectErrors(true);
    Optional<Exception> first =
        parser.parseArgs(words).errors().stream().min(Comparator.comparing(CommandWords::rank));
    if (first.isPresent()) {
      throw new BadInputException(said(first.get()), first.get());
    }
  }

  /** A misspelt option is said before those that are missing, which it may be one of. */
  private static int rank(Exception error) {
    return error instanceof MissingParameterException
        ? 2
        : error instanceof UnmatchedArgumentException ? 1 : 0;
  }

  /** Beam takes a name without an equals sign for {@code name=true}, and refuses the next word. */
  private static boolean refuseSpace(
      Stack<String> following, CommandSpec command, ArgSpec option, Map<String, Object> word) {
    if ("=".equals(word.get("separator"))) {
      return false;
    }
    if (option.arity().min() > 0) {
      throw new ParameterException(
          command.commandLine(),
          name(option)
              + " has no value: expected "
              + name(option)
              + "=VALUE, with an equals sign and no space");
    }
    if (!following.isEmpty() && !following.peek().startsWith("--")) {
      throw new ParameterException(command.commandLine(), noOption(following.peek()));
    }
    return false;
  }

  private static String said(Exception error) {
    if (error instanceof UnmatchedArgumentException unmatched) {
      return unknown(unmatched.getUnmatched().get(0), unmatched.getCommandLine().getCommandSpec());
    }
    if (error instanceof MissingParameterException missing) {
      return name(missing.getMissing().get(0)) + " is missing";
    }
    if (error instanceof OverwrittenOptionException twice) {
      return name(twice.getOverwritten()) + " is given twice: give it once";
    }
    return error instanceof ParameterException bad && bad.getArgSpec() != null
        ? otherType(bad.getArgSpec(), bad)
        : message(error);
  }

  private static String unknown(String word, CommandSpec command) {
    String name = word.split("=", 2)[0];
    return word.startsWith("--")
        ? name
            + " is not an option"
            + nearest(name, command).map(option -> ": did you mean " + option + "?").orElse("")
        : noOption(word);
  }

  /** Picocli's own suggestions go by how names begin: {@code --prompts} for --pruningRatoi. */
  private static Optional<String> nearest(String name, CommandSpec command) {
    return command.options().stream()
        .map(OptionSpec::longestName)
        .filter(option -> distance(name, option) <= MOST_ERRORS)
        .min(Comparator.comparing(option -> distance(name, option)));
  }

  private static int distance(String name, String option) {
    return StringUtils.getLevenshteinDistance(name, option);
  }

  private static String noOption(String word) {
    return word + ": expected --option=value, with an equals sign and no space";
  }

  private static String otherType(ArgSpec option, ParameterException error) {
    String value = String.valueOf(error.getValue());
    return name(option)
        + "="
        + value
        + (value.isEmpty() ? " is empty: expected a value" : ": " + expected(option, error));
  }

  private static String expected(ArgSpec option, ParameterException error) {
    Class<?> type = option.type();
    if (type.isEnum()) {
      return message(Objects.requireNonNullElse(error.getCause(), error));
    }
    if (type == boolean.class || type == Boolean.class) {
      return "expected true or false";
    }
    return type == double.class || type == Double.class
        ? "expected a number"
        : "expected a whole number";
  }

  private static String message(Throwable error) {
    return Objects.requireNonNullElse(error.getMessage(), error.toString());
  }

  private static String name(ArgSpec option) {
    return ((OptionSpec) option).longestName();
  }
}
