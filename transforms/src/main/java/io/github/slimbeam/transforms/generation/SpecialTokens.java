// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.JsonFile;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens around a text: {@code bos_token_id} and {@code eos_token_id}, one id or several, from
 * {@code generation_config.json}, or from {@code config.json} where that file or its entry is
 * missing.
 *
 * @param begin the token before a text, if the model has one
 * @param ends the tokens each of which ends a text, in their order; maybe none
 */
public record SpecialTokens(OptionalInt begin, Set<Integer> ends) {
  private static final String FILE = "generation_config.json";

  public SpecialTokens {
    ends = Collections.unmodifiableSet(new LinkedHashSet<>(ends));
  }

  /**
   * Those of a model.
   *
   * @throws BadInputException naming file and entry, if what is there is no token id
   */
  public static SpecialTokens of(Checkpoint checkpoint) throws IOException {
    Storage storage = checkpoint.storage();
    String path = storage.resolve(checkpoint.directory(), FILE);
    List<Source> sources = new ArrayList<>();
    if (storage.exists(path)) {
      sources.add(new Source(path, JsonFile.read(storage, path)));
    }
    sources.add(
        new Source(
            storage.resolve(checkpoint.directory(), Checkpoint.CONFIG), checkpoint.config()));
    int vocabulary = checkpoint.config().path("vocab_size").asInt(Integer.MAX_VALUE);
    List<Integer> begin = ids(sources, "bos_token_id", vocabulary);
    return new SpecialTokens(
        begin.isEmpty() ? OptionalInt.empty() : OptionalInt.of(begin.get(0)),
        new LinkedHashSet<>(ids(sources, "eos_token_id", vocabulary)));
  }

  /** What stands before a text that has no other beginning: the token for it, or the first end. */
  public OptionalInt first() {
    return begin.isPresent() ? begin : ends.stream().mapToInt(Integer::intValue).findFirst();
  }

  private record Source(String path, JsonNode json) {}

  private static List<Integer> ids(List<Source> sources, String field, int vocabulary) {
    for (Source source : sources) {
      if (source.json().hasNonNull(field)) {
        return ids(source, field, vocabulary);
      }
    }
    return List.of();
  }

  private static List<Integer> ids(Source source, String field, int vocabulary) {
    JsonNode value = source.json().get(field);
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : value.isArray() ? value : List.of(value)) {
      check(
          id.isInt() && id.asInt() >= 0,
          "%s: expected a token id or a list of them for %s, found %s",
          source.path(),
          field,
          value);
      check(
          id.asInt() < vocabulary,
          "%s: %s is %d, but the model's vocab_size is %d: the file belongs to another model",
          source.path(),
          field,
          id.asInt(),
          vocabulary);
      ids.add(id.asInt());
    }
    return ids;
  }
}
