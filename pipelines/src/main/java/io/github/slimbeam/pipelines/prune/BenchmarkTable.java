// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/** A table that {@code benchmark} prints: ways to prune, a row each. */
public enum BenchmarkTable {
  /** Every method, as its name alone means it. */
  METHODS(
      row("slimbeam", "--method=slimbeam"),
      row("SlimGPT", "--method=slimgpt"),
      row("SlimGPT, grouped score (the paper's)", "--method=slimgpt", "--headScore=grouped"),
      row("SlimLLM", "--method=slimllm"),
      row("FLAP", "--method=flap"),
      row("FLAP, uniform", "--method=flap", "--schedule=uniform"),
      row("Wanda-sp", "--method=wanda"),
      row("magnitude", "--method=magnitude"),
      row("random", "--method=random")),
  /** SlimGPT and SlimLLM with every recovery. */
  RECOVERIES(
      row("SlimGPT, none", "--method=slimgpt", "--recovery=none"),
      row("SlimGPT, bias", "--method=slimgpt", "--recovery=bias"),
      row("SlimGPT, regression", "--method=slimgpt", "--recovery=regression"),
      row("SlimGPT, compensation (its own)", "--method=slimgpt"),
      row("SlimGPT, leastSquares", "--method=slimgpt", "--recovery=leastSquares"),
      row("SlimLLM, none", "--method=slimllm", "--recovery=none"),
      row("SlimLLM, bias", "--method=slimllm", "--recovery=bias"),
      row("SlimLLM, regression (its own)", "--method=slimllm"),
      row("SlimLLM, compensation", "--method=slimllm", "--recovery=compensation"),
      row("SlimLLM, leastSquares", "--method=slimllm", "--recovery=leastSquares")),
  /** SlimGPT by score and schedule. */
  SCORES(
      row("exact score, logarithmic", "--method=slimgpt"),
      row("exact score, uniform", "--method=slimgpt", "--schedule=uniform"),
      row("grouped score, logarithmic", "--method=slimgpt", "--headScore=grouped"),
      row(
          "grouped score, uniform",
          "--method=slimgpt",
          "--headScore=grouped",
          "--schedule=uniform")),
  /** SlimGPT's ablations. */
  SLIMGPT(
      row("exact score, logarithmic", "--method=slimgpt"),
      row("grouped score (the paper's)", "--method=slimgpt", "--headScore=grouped"),
      row("diagonal score (without GCD)", "--method=slimgpt", "--headScore=diagonal"),
      row("authors' group sizes", "--method=slimgpt", "--groupSizes=authors"),
      row("fixed group size (without DGS)", "--method=slimgpt", "--groupSizes=fixed"),
      row("linear", "--method=slimgpt", "--schedule=linear"),
      row("uniform", "--method=slimgpt", "--schedule=uniform"),
      row(
          "uniform, grouped score",
          "--method=slimgpt",
          "--schedule=uniform",
          "--headScore=grouped"),
      row("decreasing-logarithmic", "--method=slimgpt", "--schedule=decreasing-logarithmic"),
      row("decreasing-linear", "--method=slimgpt", "--schedule=decreasing-linear")),
  /** Ours, part by part: schedule, target and refit. */
  SLIMBEAM(
      row("SlimGPT, logarithmic", "--method=slimgpt"),
      row("SlimGPT, uniform", "--method=slimgpt", "--schedule=uniform"),
      row("global", "--method=slimbeam", "--target=self", "--refit=none"),
      row(
          "logarithmic, dense, closing",
          "--method=slimbeam",
          "--schedule=logarithmic",
          "--refit=closing"),
      row("logarithmic, dense, full", "--method=slimbeam", "--schedule=logarithmic"),
      row("global, dense", "--method=slimbeam", "--refit=none"),
      row("global, dense, closing", "--method=slimbeam", "--refit=closing"),
      row("global, dense, full: 1 round", "--method=slimbeam", "--refitRounds=1"),
      row("global, dense, full (slimbeam)", "--method=slimbeam")),
  /** SlimLLM's ablations. */
  SLIMLLM(
      row("SlimLLM", "--method=slimllm"),
      row("without greedy search", "--method=slimllm", "--search=none"),
      row("exhaustive search", "--method=slimllm", "--search=exhaustive"),
      row("without regression", "--method=slimllm", "--recovery=none"),
      row("without layer ratios (uniform)", "--method=slimllm", "--schedule=uniform"),
      row("without sparing the lowest 1 %", "--method=slimllm", "--keepLowest=false"));

  /** A row: its label, and what is added to the prune command. */
  record Row(String label, List<String> options) {}

  @SuppressWarnings("ImmutableEnumChecker") // List.of is.
  private final List<Row> rows;

  BenchmarkTable(Row... rows) {
    this.rows = List.of(rows);
  }

  private static Row row(String label, String... options) {
    return new Row(label, List.of(options));
  }

  List<Row> rows() {
    return rows;
  }

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
