package io.github.slimbeam.runners;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/**
 * Prints a command's options from their declarations: the required ones first, each with its
 * default.
 */
final class Help {
  /** Beam's own options are many, and told by Beam. */
  private static final String OURS = "io.github.slimbeam.";

  private static final int WIDTH = 100;
  private static final String INDENT = "      ";

  private Help() {}

  static void print(PrintStream out, Command command) {
    out.println(command.purpose());
    if (command.options() == null) {
      out.println("It takes no options.");
      return;
    }
    out.println();
    out.println("slim " + command.name() + command.arguments() + " --option=value …");
    Arrays.stream(command.options().getMethods())
        .filter(m -> m.isAnnotationPresent(Description.class))
        .filter(m -> m.getDeclaringClass().getName().startsWith(OURS))
        .sorted(
            Comparator.comparing((Method m) -> !m.isAnnotationPresent(Validation.Required.class))
                .thenComparing(Help::name))
        .forEach(m -> print(out, m));
    out.println(
        command.onRunner()
            ? "Also any option of Beam and of the runner, such as --flinkMaster=host:port or --parallelism=4."
            : "It runs in this process, without a runner. Also any option of Beam's file systems.");
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

  private static <A> @Nullable Object value(@Nullable A annotation, Function<A, Object> value) {
    return annotation == null ? null : value.apply(annotation);
  }
}
