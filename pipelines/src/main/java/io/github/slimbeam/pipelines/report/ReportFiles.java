// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.output.PruningJson;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;

/** A run's report in the directory of its pruned model. */
public final class ReportFiles {
  /** The report for programs. */
  public static final String JSON = "report.json";

  /** The report for readers. */
  public static final String PAGE = "report.html";

  private ReportFiles() {}

  /** Writes both files, replacing former ones. */
  public static void write(Storage storage, String directory, RunReport report) throws IOException {
    String page = ReportPage.of(report);
    storage.writeText(storage.resolve(directory, JSON), ReportJson.pretty(report));
    storage.writeText(storage.resolve(directory, PAGE), page);
  }

  /**
   * A report of what the directory's {@code pruning.json} says: what a run begins its report with,
   * and all that can be said of a model that was pruned before there were reports.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if the directory holds no
   *     pruned model
   */
  public static RunReport begin(Storage storage, String directory) throws IOException {
    String path = storage.resolve(directory, PruningJson.FILE);
    check(
        storage.exists(path),
        "%s: neither %s nor %s there: expected the directory of a pruned model",
        directory,
        JSON,
        PruningJson.FILE);
    JsonNode pruning = ReportJson.tree(storage.read(path), path);
    PruningJson.of(pruning, path);
    RunReport report = RunReport.of(directory, pruning);
    int heads = queryHeadsPerGroup(storage, storage.resolve(directory, Checkpoint.CONFIG));
    return heads == 0 ? report : report.withQueryHeadsPerGroup(heads);
  }

  /**
   * The report of a pruned model: its {@code report.json}, or what its {@code pruning.json} says.
   *
   * @param path a directory, or a {@code report.json} wherever it lies
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the file and the field
   *     that cannot be used
   */
  public static RunReport read(Storage storage, String path) throws IOException {
    if (path.endsWith(".json")) {
      check(storage.exists(path), "%s: no such file", path);
      return parse(storage.read(path), path);
    }
    String report = storage.resolve(path, JSON);
    return storage.exists(report) ? parse(storage.read(report), report) : begin(storage, path);
  }

  /** Understands the content of a {@code report.json}; {@code where} is its path, for messages. */
  static RunReport parse(byte[] json, String where) throws IOException {
    JsonNode tree = ReportJson.tree(json, where);
    check(
        tree.path("version").asInt() == RunReport.VERSION,
        "%s: version %s, expected %d: a report.json of this or an earlier slim-beam",
        where,
        tree.path("version").asText("missing"),
        RunReport.VERSION);
    RunReport report = ReportJson.value(tree, RunReport.class, where);
    PruningJson.of(report.pruning(), where + ": pruning");
    return report;
  }

  /** 0 where there is no configuration that says so. */
  private static int queryHeadsPerGroup(Storage storage, String config) throws IOException {
    if (!storage.exists(config)) {
      return 0;
    }
    JsonNode json = ReportJson.tree(storage.read(config), config);
    int heads = json.path("num_attention_heads").asInt();
    int groups = json.path("num_key_value_heads").asInt(heads);
    return groups == 0 ? 0 : heads / groups;
  }
}
