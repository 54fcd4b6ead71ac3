// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.filesystems.FilePath;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The one place where what a user writes for a path becomes the path that everything else sees: see
 * {@link FilePath#resolve}. Options say by {@link PathOption} that they name paths.
 */
public final class CommandPaths {
  private static final Pattern OPTION = Pattern.compile("--([\\w.-]+)=(.*)", Pattern.DOTALL);
  private static final Pattern NAMED = Pattern.compile("([\\w.-]+=)(.*)", Pattern.DOTALL);

  private CommandPaths() {}

  /**
   * The words of a command line with every path resolved.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the option whose path is
   *     empty or cannot be
   */
  public static String[] resolve(DeclaredOptions<?> declared, String... words) {
    return rewrite(declared, UnaryOperator.identity(), words);
  }

  /** The same, with local paths completed, so that they mean the same in another directory. */
  public static String[] absolute(DeclaredOptions<?> declared, String... words) {
    return rewrite(declared, CommandPaths::absolute, words);
  }

  /** One path that is no option's. */
  public static String path(String name, String path) {
    return withoutSlashes(FilePath.resolve(name, path));
  }

  /** The paths or patterns in a value, without names before them. */
  static List<String> each(PathOption.Kind kind, String value) {
    return switch (kind) {
      case PATH -> List.of(value);
      case PATHS -> List.of(value.split(",", -1));
      case PATTERNS -> ReadTexts.patterns(value);
      case NAMED_PATTERNS ->
          ReadTexts.patterns(value).stream().map(word -> named(word)[1]).toList();
    };
  }

  private static String[] rewrite(
      DeclaredOptions<?> declared, UnaryOperator<String> completion, String... words) {
    return Arrays.stream(words)
        .map(
            word -> {
              Matcher option = OPTION.matcher(word);
              if (!option.matches()) {
                return word;
              }
              String name = option.group(1);
              return declared
                  .path(name)
                  .map(path -> rewrite(name, path.value(), option.group(2), completion))
                  .orElse(word);
            })
        .toArray(String[]::new);
  }

  private static String rewrite(
      String name, PathOption.Kind kind, String value, UnaryOperator<String> completion) {
    String option = "--" + name;
    check(!value.isBlank(), "%s= is empty: expected a path", option);
    if (kind == PathOption.Kind.PATH) {
      return option + "=" + completion.apply(path(option, value));
    }
    List<String> parts =
        kind == PathOption.Kind.PATHS
            ? Arrays.stream(value.split(",", -1)).map(String::strip).toList()
            : ReadTexts.patterns(value);
    return parts.stream()
        .map(
            part -> {
              String[] named =
                  kind == PathOption.Kind.NAMED_PATTERNS ? named(part) : new String[] {"", part};
              // NAME= alone is for the command to refuse, which knows what it expected there.
              return named[0].isEmpty() || !named[1].isEmpty()
                  ? named[0] + completion.apply(FilePath.resolve(option, named[1]))
                  : named[0];
            })
        .collect(Collectors.joining(",", option + "=", ""));
  }

  private static String[] named(String word) {
    Matcher named = NAMED.matcher(word);
    return named.matches()
        ? new String[] {named.group(1), named.group(2)}
        : new String[] {"", word};
  }

  private static String absolute(String path) {
    return FilePath.isLocal(path) ? Path.of("").toAbsolutePath().resolve(path).toString() : path;
  }

  private static String withoutSlashes(String path) {
    return path.replaceAll("(?<=[^/:])/+$", "");
  }
}
