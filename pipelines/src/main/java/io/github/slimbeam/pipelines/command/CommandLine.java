package io.github.slimbeam.pipelines.command;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Reads options and says clearly what is wrong with them. */
public final class CommandLine {
  private static final Pattern UNKNOWN =
      Pattern.compile(
          "missing a property named '([^']*)'\\.(?: Did you mean (.*)\\?)?", Pattern.DOTALL);
  private static final Pattern MISSING = Pattern.compile("Missing required value for \\[--?(\\w+)");

  private static final Pattern OTHER_TYPE =
      Pattern.compile("Cannot deserialize value of type `([\\w.]+)` from String \"(.*?)\":");

  private static final Pattern BARE = Pattern.compile("Argument '(.*?)' does not begin with '--'");

  /** What Java reads for bytes that the locale's encoding does not have. */
  private static final char UNREADABLE = '\ufffd';

  private CommandLine() {}

  /** The options of a command from its words, paths resolved, what is required checked. */
  public static <T extends PipelineOptions> T options(Class<T> type, String[] args) {
    checkWords(type, args);
    String[] resolved = CommandPaths.resolve(type, args);
    try {
      return PipelineOptionsFactory.fromArgs(resolved).withValidation().as(type);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(readable(String.valueOf(e.getMessage()), args), e);
    }
  }

  /** What Beam would take for something else, or refuse without saying which option it is. */
  private static void checkWords(Class<? extends PipelineOptions> type, String... args) {
    Map<String, Method> getters = DeclaredOptions.of(type).getters();
    Set<String> seen = new HashSet<>();
    for (String word : args) {
      check(
          word.indexOf(UNREADABLE) < 0,
          "%s: holds a character that could not be read: write it in UTF-8, and set LC_ALL=C.UTF-8",
          word);
      String[] parts = word.split("=", 2);
      String name = parts[0].replaceFirst("^--", "");
      if (!word.startsWith("--") || !getters.containsKey(name)) {
        continue;
      }
      check(seen.add(name), "--%s is given twice: give it once", name);
      Class<?> value = getters.get(name).getReturnType();
      boolean isSwitch = value == boolean.class || value == Boolean.class;
      check(
          parts.length == 2 || isSwitch,
          "--%s has no value: expected --%s=VALUE, with an equals sign and no space",
          name,
          name);
      check(
          parts.length == 1 || !parts[1].isEmpty() || value == String.class,
          "--%s= is empty: expected a value",
          name);
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

  /** The value of an option that has a few names. */
  public static <E extends Enum<E>> E choice(
      String option, String value, E[] values, Function<E, String> name) {
    List<String> names = Arrays.stream(values).map(name).toList();
    int index = names.indexOf(value);
    check(index >= 0, "--%s=%s: expected one of %s", option, value, names);
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
