package io.github.slimbeam.pipelines.prune;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.output.PrunedModelDirectory;
import io.github.slimbeam.transforms.statistics.TokenCover;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a run did, layer by layer, read back from the model that it wrote. */
final class PruningTable {
  private PruningTable() {}

  static void print(PrintStream out, Storage storage, String model) throws IOException {
    JsonNode record = record(storage, model);
    JsonNode rows = record.get("sublayers");
    out.println("layer   KV groups kept   error   seconds     channels kept   error   seconds");
    for (int i = 0; i + 1 < rows.size(); i += 2) {
      out.printf(Locale.ROOT, "%5d   %s   %s%n", i / 2, cells(rows.get(i)), cells(rows.get(i + 1)));
    }
    long before = record.get("parametersBefore").asLong();
    long after = record.get("parametersAfter").asLong();
    out.printf(
        Locale.ROOT,
        "parameters %,d -> %,d (%.1f %% of all, %.1f %% of the layers' linear weights removed)%n",
        before,
        after,
        100.0 * (before - after) / before,
        100 * record.get("removedShare").asDouble());
    List<TokenCover> covers = new ArrayList<>();
    rows.forEach(
        row ->
            covers.add(new TokenCover(row.get("tokens").asLong(), row.path("columns").asLong())));
    TokenCover.remark(covers).ifPresent(remark -> out.println("warning: " + remark));
    out.println("written to " + model);
  }

  /** The content of a pruned model's pruning.json. */
  static JsonNode record(Storage storage, String model) throws IOException {
    return new ObjectMapper()
        .readTree(storage.read(storage.resolve(model, PrunedModelDirectory.RECORD)));
  }

  private static String cells(JsonNode row) {
    int raised = row.get("dampingRaised").asInt();
    return String.format(
        Locale.ROOT,
        "%6d of %-5d %9.5f %9.2f%s",
        row.get("kept").size(),
        row.get("units").asInt(),
        row.get("reconstructionError").asDouble(),
        row.get("seconds").asDouble(),
        raised == 0 ? "" : " (damping raised to " + row.get("damping").asText() + ")");
  }
}
