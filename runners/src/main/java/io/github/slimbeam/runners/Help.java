package io.github.slimbeam.runners;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.Validation;

/**
 * Prints a command's options from their declarations: the required ones first, each with its
 * default.
 */
final class Help {
  private static final int WIDTH = 100;
  private static final String INDENT = "      ";

  private Help() {}

  static void print(PrintStream out, String command, String purpose, Class<?> options) {
    out.println(purpose);
    if (options == null) {
      out.println("It takes no options.");
      return;
    }
    out.println();
    out.println("slim " + command + " --option=value …");
    own(options)
        .flatMap(o -> Arrays.stream(o.getDeclaredMethods()))
        .filter(m -> m.isAnnotationPresent(Description.class))
        .sorted(
            Comparator.comparing((Method m) -> !m.isAnnotationPresent(Validation.Required.class))
                .thenComparing(Help::name))
        .forEach(m -> print(out, m));
    out.println(
        "Also any option of Beam and of the runner, such as --flinkMaster=host:port or --parallelism=4.");
  }

  /** An interface and those of ours that it extends: Beam's own options are not listed. */
  private static Stream<Class<?>> own(Class<?> options) {
    return Stream.concat(
            Stream.of(options), Arrays.stream(options.getInterfaces()).flatMap(Help::own))
        .filter(o -> !o.getPackage().equals(PipelineOptions.class.getPackage()));
  }

  private static void print(PrintStream out, Method option) {
    out.println("  --" + name(option) + trait(option));
    StringBuilder line = new StringBuilder(INDENT);
    for (String word : option.getAnnotation(Description.class).value().split(" ")) {
      if (line.length() + word.length() > WIDTH) {
        out.println(line.toString().stripTrailing());
        line = new StringBuilder(INDENT);
      }
      line.append(word).append(' ');
    }
    out.println(line.toString().stripTrailing());
  }

  private static String name(Method option) {
    String name = option.getName().substring("get".length());
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private static String trait(Method option) {
    if (option.isAnnotationPresent(Validation.Required.class)) {
      return " (required)";
    }
    return Stream.of(
            value(option.getAnnotation(Default.String.class), Default.String::value),
            value(option.getAnnotation(Default.Double.class), Default.Double::value),
            value(option.getAnnotation(Default.Integer.class), Default.Integer::value),
            value(option.getAnnotation(Default.Long.class), Default.Long::value))
        .filter(v -> v != null)
        .findFirst()
        .map(v -> " (default " + v + ")")
        .orElse("");
  }

  private static <A> Object value(A annotation, Function<A, Object> value) {
    return annotation == null ? null : value.apply(annotation);
  }
}
