// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.output.PruningJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Several runs, and how what they were asked differs. */
public final class Comparison {
  private final List<Run> runs;
  private final List<Asked> asked;

  /** A run under the name that it has among the others. */
  record Run(String name, RunReport report, PruningRecord pruning) {
    /** What the dense model is, whatever it is called: its files where they are known. */
    String denseModel() {
      String files =
          pruning.getModelFiles().stream()
              .map(CheckpointFile::getSha256)
              .collect(Collectors.joining(" "));
      return files.isEmpty() ? pruning.getModel() : files;
    }
  }

  /** Something that runs were asked, and each run's answer; null where it was not asked. */
  record Asked(String name, List<@Nullable String> values) {
    boolean differs() {
      return values.stream().distinct().count() > 1;
    }
  }

  private Comparison(List<Run> runs) {
    this.runs = runs;
    this.asked = asked(runs);
  }

  /** Compares reports; {@code paths} are where they were found, and give the runs their names. */
  public static Comparison of(List<String> paths, List<RunReport> reports) {
    List<String> names =
        Names.distinct(
            paths.stream().map(p -> p.replaceAll("/+" + ReportFiles.JSON + "$", "")).toList());
    return new Comparison(
        IntStream.range(0, paths.size())
            .mapToObj(
                i ->
                    new Run(
                        names.get(i),
                        reports.get(i),
                        PruningJson.of(reports.get(i).pruning(), paths.get(i))))
            .toList());
  }

  List<Run> runs() {
    return runs;
  }

  /** All that was asked of any run. */
  List<Asked> asked() {
    return asked;
  }

  /** What was not asked alike of all. */
  List<Asked> differences() {
    return asked.stream().filter(Asked::differs).toList();
  }

  /**
   * What tells a run from the others, as its options; empty if nothing does. An option that not all
   * methods have, and that is the same wherever it is, tells no more than the method does.
   */
  String recipe(int run) {
    return differences().stream()
        .filter(a -> a.values().get(run) != null)
        .filter(a -> a.values().stream().filter(Objects::nonNull).distinct().count() > 1)
        .map(a -> a.name() + "=" + a.values().get(run))
        .collect(Collectors.joining(", "));
  }

  /** The first run of each dense model. */
  List<Run> denseModels() {
    Map<String, Run> first = new LinkedHashMap<>();
    runs.forEach(run -> first.putIfAbsent(run.denseModel(), run));
    return List.copyOf(first.values());
  }

  private static List<Asked> asked(List<Run> runs) {
    List<Asked> all = new ArrayList<>();
    all.add(
        new Asked(
            "model",
            runs.stream().map(Run::denseModel).distinct().count() == 1
                ? runs.stream().map(r -> runs.get(0).pruning().getModel()).toList()
                : Names.distinct(runs.stream().map(r -> r.pruning().getModel()).toList())));
    all.add(
        new Asked("method", runs.stream().map(r -> r.pruning().getRecipe().getMethod()).toList()));
    Set<String> names = new LinkedHashSet<>();
    runs.forEach(r -> r.pruning().getRecipe().getOptions().forEach(o -> names.add(o.getName())));
    for (String name : names) {
      List<@Nullable String> values = new ArrayList<>();
      runs.forEach(r -> values.add(value(r.pruning().getRecipe().getOptions(), name)));
      all.add(new Asked(name, values));
    }
    return all;
  }

  private static @Nullable String value(List<RecipeOption> options, String name) {
    return options.stream()
        .filter(o -> o.getName().equals(name))
        .map(RecipeOption::getValue)
        .findFirst()
        .orElse(null);
  }

  /** Whether all runs saw the same calibration windows. */
  boolean sameWindows() {
    return runs.stream()
            .map(r -> r.pruning().getWindows())
            .filter(Objects::nonNull)
            .distinct()
            .count()
        == 1;
  }
}
