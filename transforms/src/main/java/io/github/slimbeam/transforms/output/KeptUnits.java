// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.checkpoint.JsonFile;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.planning.KeptHeads;
import io.github.slimbeam.transforms.pruning.GivenUnits;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.UserText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The units that stay, as another run or another tool left them in a JSON file: a {@code
 * pruning.json}, or no more than
 *
 * <pre>{@code
 * {"layers": [{"groups": [0, 2, 3], "channels": [0, 1, 5]}]}
 * }</pre>
 *
 * with an object for each decoder layer, and numbers from 0, ascending, each once. {@code heads}
 * may stand for {@code groups}: query heads, of which all that share a key-value head stay
 * together.
 */
public final class KeptUnits {
  private static final String LAYERS = "layers";
  private static final String GROUPS = "groups";
  private static final String HEADS = "heads";
  private static final String CHANNELS = "channels";

  private final ModelConfig dense;
  private final String where;

  private KeptUnits(ModelConfig dense, String where) {
    this.dense = dense;
    this.where = where;
  }

  /**
   * The plan that leaves these units, and names them.
   *
   * @param path the file, or the directory of a pruned model
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first entry that
   *     cannot be of this model
   */
  public static PruningPlan plan(Storage storage, String path, ModelConfig dense)
      throws IOException {
    String inside = storage.resolve(path, PruningJson.FILE);
    String file = storage.exists(inside) ? inside : path;
    check(
        storage.exists(file),
        "⟨kept⟩=%s: expected a JSON file of kept units, or the directory of a pruned model; there is neither",
        path);
    JsonNode json = JsonFile.read(storage, file);
    KeptUnits units = new KeptUnits(dense, file);
    return new PruningPlan(
        GivenUnits.NAME, json.has(LAYERS) ? units.listed(json.get(LAYERS)) : units.recorded(json));
  }

  private List<SublayerTarget> recorded(JsonNode json) {
    check(
        json.has("sublayers"),
        "%s: expected a pruning.json with its \"sublayers\", or a list of \"layers\"; found neither",
        where);
    List<SublayerReport> sublayers = PruningJson.of(json, where).getSublayers();
    checkCount(sublayers.size() / 2, "sublayers");
    List<SublayerTarget> targets = new ArrayList<>();
    for (int i = 0; i < sublayers.size(); i++) {
      SublayerReport sublayer = sublayers.get(i);
      SublayerKey key = sublayer.getSublayer();
      String entry = where + ": sublayers[" + i + "]";
      int units = shape(key).units(key.getKind());
      check(
          sublayer.getUnits() == units,
          "%s: of %d units, but layer %d %s of the model has %d: it is of another model",
          entry,
          sublayer.getUnits(),
          key.getLayer(),
          key.getKind(),
          units);
      targets.add(target(key, sublayer.getKept(), entry + ".kept"));
    }
    return targets;
  }

  private List<SublayerTarget> listed(JsonNode layers) {
    check(layers.isArray(), "%s: %s: expected a list", where, LAYERS);
    checkCount(layers.size(), LAYERS);
    List<SublayerTarget> targets = new ArrayList<>();
    for (int layer = 0; layer < layers.size(); layer++) {
      JsonNode entry = layers.get(layer);
      String at = where + ": " + LAYERS + "[" + layer + "]";
      check(entry.isObject(), "%s: expected an object", at);
      check(
          entry.has(GROUPS) != entry.has(HEADS),
          "%s: expected \"groups\" or \"heads\", one of them",
          at);
      targets.add(
          target(
              new SublayerKey(layer, SublayerKind.ATTENTION),
              entry.has(GROUPS)
                  ? numbers(entry, GROUPS, at)
                  : groups(numbers(entry, HEADS, at), dense.layers().get(layer), at),
              at + "." + (entry.has(GROUPS) ? GROUPS : HEADS)));
      targets.add(
          target(
              new SublayerKey(layer, SublayerKind.FFN),
              numbers(entry, CHANNELS, at),
              at + "." + CHANNELS));
    }
    return targets;
  }

  private void checkCount(int layers, String field) {
    check(
        layers == dense.layers().size(),
        "%s: %s: of %d layers, but the model has %d",
        where,
        field,
        layers,
        dense.layers().size());
  }

  private static List<Integer> numbers(JsonNode entry, String field, String at) {
    JsonNode list = entry.path(field);
    check(list.isArray(), "%s.%s: expected a list of numbers", at, field);
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode number : list) {
      check(
          number.isIntegralNumber() && number.canConvertToInt(),
          "%s.%s[%d]: expected a whole number",
          at,
          field,
          numbers.size());
      numbers.add(number.intValue());
    }
    return numbers;
  }

  /** KV groups of query heads, all of each. */
  private static List<Integer> groups(List<Integer> heads, LayerShape shape, String at) {
    checkAscending(heads, shape.heads(), at + "." + HEADS);
    int sharing = shape.heads() / shape.groups();
    List<Integer> groups = heads.stream().map(head -> head / sharing).distinct().toList();
    for (int group : groups) {
      check(
          heads.containsAll(
              IntStream.range(group * sharing, (group + 1) * sharing).boxed().toList()),
          "%s.%s: of the query heads %d to %d, which share a key-value head, some stay and some do not: KV groups"
              + " stay or go as a whole",
          at,
          HEADS,
          group * sharing,
          (group + 1) * sharing - 1);
    }
    return groups;
  }

  private SublayerTarget target(SublayerKey key, List<Integer> kept, String at) {
    int units = shape(key).units(key.getKind());
    checkAscending(kept, units, at);
    check(
        kept.size() == units || dense.isPrunable(key.getKind()),
        "%s: %d of %d, but %s",
        at,
        kept.size(),
        units,
        KeptHeads.of(dense).map(UserText::toString).orElse("all must stay"));
    int removed = units - kept.size();
    return new SublayerTarget(key, units, removed, (double) removed / units, kept);
  }

  private static void checkAscending(List<Integer> numbers, int end, String at) {
    check(!numbers.isEmpty(), "%s: empty, but one at least must stay", at);
    int before = -1;
    for (int number : numbers) {
      check(
          number >= 0 && number < end,
          "%s: %d, expected numbers from 0 to %d",
          at,
          number,
          end - 1);
      check(
          number > before,
          "%s: %d after %d, expected ascending numbers, each once",
          at,
          number,
          before);
      before = number;
    }
  }

  private LayerShape shape(SublayerKey key) {
    return dense.layers().get(key.getLayer());
  }
}
