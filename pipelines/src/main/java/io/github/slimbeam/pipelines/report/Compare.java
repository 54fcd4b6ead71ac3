// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.CommandPaths;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.SeparatePlaces;
import io.github.slimbeam.pipelines.command.WritablePlace;
import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts several runs side by side in one page, and prints a table of them. Runs no pipeline. */
public final class Compare {
  private Compare() {}

  /**
   * Compares the runs that are named before, between or after the options: directories of pruned
   * models, or their {@code report.json}; throws where it fails.
   */
  public static void main(String[] args) throws IOException {
    List<String> runs =
        Arrays.stream(args)
            .filter(a -> !a.startsWith("--"))
            .map(run -> CommandPaths.path("a run", run))
            .toList();
    CommandLine.run(
        DeclaredOptions.of(CompareOptions.class),
        Arrays.stream(args).filter(a -> a.startsWith("--")).toArray(String[]::new),
        options -> run(runs, options));
  }

  private static void run(List<String> runs, CompareOptions options) throws IOException {
    String output = options.getOutput() == null ? "compare.html" : options.getOutput();
    Storage storage = new FileSystemsStorage();
    check(
        runs.size() >= 2,
        "%d runs are named: expected two or more directories of pruned models: slim compare A B",
        runs.size());
    checkOutput(storage, runs, output, options.getOverwrite());
    List<RunReport> reports = new ArrayList<>();
    for (String run : runs) {
      reports.add(ReportFiles.read(storage, run));
    }
    Comparison comparison = Comparison.of(runs, reports);
    storage.writeText(output, ComparePage.of(comparison));
    new Overview(comparison).table().markdown().forEach(System.out::println);
    System.err.println("written to " + output);
  }

  private static void checkOutput(
      Storage storage, List<String> runs, String output, boolean overwrite) throws IOException {
    check(
        output.endsWith(".html"),
        "--output=%s: expected the name of a file that ends with .html",
        output);
    check(
        !FilePath.isLocal(output) || !Files.isDirectory(Path.of(output)),
        "--output=%s is a directory: expected a file",
        output);
    check(
        overwrite || !storage.exists(output),
        "--output=%s exists: choose another file, or add --overwrite",
        output);
    SeparatePlaces places = new SeparatePlaces();
    places.made("--output", output);
    for (String run : runs) {
      if (run.endsWith(".json")) {
        places.read("run", run);
      } else {
        places.read("run", storage.resolve(run, ReportFiles.PAGE));
      }
    }
    places.check();
    WritablePlace.check("--output", output);
  }
}
