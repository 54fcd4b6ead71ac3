package io.github.slimbeam.runners;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Makes a command's paths mean the same for the client and for workers on other machines. */
final class SharedPaths {
  private static final List<String> PATHS =
      List.of("model", "output", "workDirectory", "tempLocation");
  private static final List<String> PATTERNS = List.of("calibration", "evaluation", "text");
  private static final Pattern NAMED = Pattern.compile("([\\w.-]+=)(.*)");

  private SharedPaths() {}

  /**
   * Completes relative paths, and keeps what passes between client and workers in a directory that
   * they share: beside the output.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if a command has no output and
   *     no such directory was named
   */
  static void complete(String command, CommandOptions options) {
    PATHS.forEach(name -> options.replace(name, SharedPaths::absolute));
    PATTERNS.forEach(name -> options.replace(name, SharedPaths::absoluteEach));
    options.replace("tasks", SharedPaths::absoluteAfterNames);
    if (options.names("workDirectory")) {
      options.addUnlessGiven("tempLocation", options.value("workDirectory"));
    } else if (options.names("output")) {
      options.addUnlessGiven(
          "tempLocation",
          options.value("output").replaceAll("/+$", "").replaceAll("(?<=.)/[^/]*$", ""));
    }
    check(
        options.names("tempLocation") || command.equals("prune"),
        "--tempLocation is missing: on a cluster, %s needs a directory that this machine and all workers see",
        command);
  }

  private static String absoluteEach(String list) {
    return Arrays.stream(list.split(","))
        .map(SharedPaths::absolute)
        .collect(Collectors.joining(","));
  }

  /** The same where a name and an equals sign may stand before a path. */
  private static String absoluteAfterNames(String list) {
    return Arrays.stream(list.split(","))
        .map(
            word -> {
              Matcher named = NAMED.matcher(word);
              return named.matches() ? named.group(1) + absolute(named.group(2)) : absolute(word);
            })
        .collect(Collectors.joining(","));
  }

  private static String absolute(String path) {
    return path.isEmpty() || path.matches("[a-zA-Z][a-zA-Z0-9+.-]*://.*")
        ? path
        : Path.of("").toAbsolutePath().resolve(path).toString();
  }
}
