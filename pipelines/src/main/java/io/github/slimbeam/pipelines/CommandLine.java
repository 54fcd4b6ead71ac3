package io.github.slimbeam.pipelines;

import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Reads options and says clearly what is wrong with them. */
final class CommandLine {
  private static final Pattern UNKNOWN =
      Pattern.compile(
          "missing a property named '([^']*)'\\.(?: Did you mean (.*)\\?)?", Pattern.DOTALL);
  private static final Pattern MISSING = Pattern.compile("Missing required value for \\[--?(\\w+)");

  private static final Pattern OTHER_TYPE =
      Pattern.compile("Cannot deserialize value of type `([\\w.]+)` from String \"(.*?)\":");

  private static final Pattern BARE = Pattern.compile("Argument '(.*?)' does not begin with '--'");

  private CommandLine() {}

  /** Parses and validates. */
  static <T extends PipelineOptions> T options(Class<T> type, String[] args) {
    try {
      return PipelineOptionsFactory.fromArgs(args).withValidation().as(type);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(readable(String.valueOf(e.getMessage()), args), e);
    }
  }

  /** Never longer than the model's context, and says so. */
  static int sequenceLength(int asked, ModelConfig config) {
    BadInputException.check(asked > 1, "--sequenceLength=%d: expected at least 2", asked);
    if (asked > config.context()) {
      System.err.printf(
          "sequence length %d is capped to the model's context, %d%n", asked, config.context());
    }
    return Math.min(asked, config.context());
  }

  /** The value of an option that has a few names. */
  static <E extends Enum<E>> E choice(
      String option, String value, E[] values, Function<E, String> name) {
    List<String> names = Arrays.stream(values).map(name).toList();
    int index = names.indexOf(value);
    BadInputException.check(index >= 0, "--%s=%s: expected one of %s", option, value, names);
    return values[index];
  }

  private static String readable(String message, String[] args) {
    Matcher unknown = UNKNOWN.matcher(message);
    if (unknown.find()) {
      String nearest =
          unknown.group(2) == null
              ? ""
              : ": did you mean "
                  + unknown.group(2).replace("'", "--").replaceAll("--(,|]|$| )", "$1")
                  + "?";
      return "--" + unknown.group(1) + " is not an option" + nearest;
    }
    Matcher bare = BARE.matcher(message);
    if (bare.find()) {
      return bare.group(1) + ": expected --option=value, with an equals sign and no space";
    }
    Matcher missing = MISSING.matcher(message);
    if (missing.find()) {
      return "--" + missing.group(1) + " is missing";
    }
    Matcher other = OTHER_TYPE.matcher(message);
    if (other.find()) {
      return Arrays.stream(args)
              .filter(argument -> argument.endsWith("=" + other.group(2)))
              .collect(Collectors.joining(" "))
          + ": expected "
          + type(other.group(1));
    }
    return message.lines().findFirst().orElse(message);
  }

  private static String type(String javaType) {
    return switch (javaType.substring(javaType.lastIndexOf('.') + 1)) {
      case "int", "Integer", "long", "Long" -> "a whole number";
      case "double", "Double" -> "a number";
      case "boolean", "Boolean" -> "true or false";
      default -> "a value of type " + javaType;
    };
  }
}
