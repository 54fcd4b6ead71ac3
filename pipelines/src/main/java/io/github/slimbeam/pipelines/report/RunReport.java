// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.output.PruningJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything about one run: the content of {@code report.json}. What was not measured is an empty
 * list or null, and is left out of the file. The file also has {@code layers} and {@code means},
 * which follow from the rest and are not read back.
 *
 * @param version of the format, {@link #VERSION}
 * @param output directory of the pruned model, as the run was given it
 * @param pruning the whole of {@code pruning.json}
 * @param queryHeadsPerGroup query heads that share a key-value head; null where it is not known
 * @param seconds wall time of the whole run; null where nobody took it
 * @param stages what the stages did, in the order in which data meets them
 * @param perplexity on held-out texts
 * @param tasks benchmark tasks
 * @param samples what both models write after the same prompts
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(
    value = {"layers", "means"},
    allowGetters = true)
public record RunReport(
    int version,
    String output,
    JsonNode pruning,
    @JsonSetter(nulls = Nulls.SET) @Nullable Integer queryHeadsPerGroup,
    @JsonSetter(nulls = Nulls.SET) @Nullable Double seconds,
    @JsonSetter(nulls = Nulls.AS_EMPTY) List<Stage> stages,
    @JsonSetter(nulls = Nulls.AS_EMPTY) List<Perplexity> perplexity,
    @JsonSetter(nulls = Nulls.AS_EMPTY) List<Task> tasks,
    @JsonSetter(nulls = Nulls.AS_EMPTY) List<Sample> samples) {

  /** The format that this class reads and writes. */
  public static final int VERSION = 1;

  public RunReport {
    stages = List.copyOf(stages);
    perplexity = List.copyOf(perplexity);
    tasks = List.copyOf(tasks);
    samples = List.copyOf(samples);
  }

  /**
   * What a stage did, over all layers and workers.
   *
   * @param sequences read or written; null for a stage that handles none, as the next two
   * @param seconds of its workers, added up
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Stage(
      String stage,
      @JsonSetter(nulls = Nulls.SET) @Nullable Long sequences,
      @JsonSetter(nulls = Nulls.SET) @Nullable Long tokens,
      @JsonSetter(nulls = Nulls.SET) @Nullable Long bytes,
      double seconds) {}

  /**
   * Perplexity on one text.
   *
   * @param text its path, as the run was given it
   * @param join what stands between documents
   * @param specialTokens whether the tokenizer's special tokens were added
   * @param sequenceLength tokens of a window
   * @param tokens that were predicted
   * @param dtype element type that was computed in
   * @param dense of the dense model; null if it was not measured
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Perplexity(
      String text,
      String join,
      boolean specialTokens,
      int sequenceLength,
      long windows,
      long tokens,
      String dtype,
      @JsonSetter(nulls = Nulls.SET) @Nullable Double dense,
      double pruned) {}

  /** Results on one benchmark task of so many questions. */
  public record Task(String task, long questions, List<Metric> metrics) {
    public Task {
      metrics = List.copyOf(metrics);
    }
  }

  /** One metric of a task, from 0 to 1, each value with its standard error where there is one. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Metric(
      String name,
      @JsonSetter(nulls = Nulls.SET) @Nullable Double dense,
      @JsonSetter(nulls = Nulls.SET) @Nullable Double denseStderr,
      double pruned,
      @JsonSetter(nulls = Nulls.SET) @Nullable Double prunedStderr) {}

  /**
   * What the models write after a prompt, without the prompt; dense is null if it was not asked.
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Sample(
      String prompt, @JsonSetter(nulls = Nulls.SET) @Nullable String dense, String pruned) {}

  /** The mean of a metric over the tasks that have it; dense is null unless all were measured. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Mean(String metric, int tasks, @Nullable Double dense, double pruned) {}

  /** Widths of a layer before and after; null for query heads that are not known. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Widths(int layer, Width kvGroups, @Nullable Width queryHeads, Width channels) {}

  /** A report of what {@code pruning.json} says, and of nothing else yet. */
  public static RunReport of(String output, JsonNode pruning) {
    return new RunReport(
        VERSION, output, pruning, null, null, List.of(), List.of(), List.of(), List.of());
  }

  /** With the number of query heads that share a key-value head. */
  public RunReport withQueryHeadsPerGroup(int heads) {
    return new RunReport(
        version, output, pruning, heads, seconds, stages, perplexity, tasks, samples);
  }

  /** With the wall time of the whole run. */
  public RunReport withSeconds(double wall) {
    return new RunReport(
        version, output, pruning, queryHeadsPerGroup, wall, stages, perplexity, tasks, samples);
  }

  /** With what the stages did. */
  public RunReport withStages(List<Stage> done) {
    return new RunReport(
        version, output, pruning, queryHeadsPerGroup, seconds, done, perplexity, tasks, samples);
  }

  /** With perplexities. */
  public RunReport withPerplexity(List<Perplexity> measured) {
    return new RunReport(
        version, output, pruning, queryHeadsPerGroup, seconds, stages, measured, tasks, samples);
  }

  /** With results on tasks. */
  public RunReport withTasks(List<Task> measured) {
    return new RunReport(
        version,
        output,
        pruning,
        queryHeadsPerGroup,
        seconds,
        stages,
        perplexity,
        measured,
        samples);
  }

  /** With generated texts. */
  public RunReport withSamples(List<Sample> generated) {
    return new RunReport(
        version,
        output,
        pruning,
        queryHeadsPerGroup,
        seconds,
        stages,
        perplexity,
        tasks,
        generated);
  }

  /** Widths of every layer before and after. */
  @JsonProperty
  public List<Widths> layers() {
    return PruningFigures.layers(PruningJson.of(pruning, output)).stream()
        .map(
            layer ->
                new Widths(
                    layer.number(),
                    layer.width(SublayerKind.ATTENTION),
                    queryHeadsPerGroup == null
                        ? null
                        : layer.width(SublayerKind.ATTENTION).times(queryHeadsPerGroup),
                    layer.width(SublayerKind.FFN)))
        .toList();
  }

  /** The mean of every metric, in the order in which the tasks name them. */
  @JsonProperty
  public List<Mean> means() {
    Map<String, List<Metric>> byName = new LinkedHashMap<>();
    for (Task task : tasks) {
      for (Metric metric : task.metrics()) {
        byName.computeIfAbsent(metric.name(), n -> new ArrayList<>()).add(metric);
      }
    }
    return byName.entrySet().stream().map(m -> mean(m.getKey(), m.getValue())).toList();
  }

  /** The mean over several tasks, at least one. */
  static Mean mean(String name, List<Metric> metrics) {
    boolean dense = metrics.stream().map(Metric::dense).allMatch(Objects::nonNull);
    return new Mean(
        name,
        metrics.size(),
        dense ? metrics.stream().mapToDouble(Metric::dense).average().orElseThrow() : null,
        metrics.stream().mapToDouble(Metric::pruned).average().orElseThrow());
  }
}
