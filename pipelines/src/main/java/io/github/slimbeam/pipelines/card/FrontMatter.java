// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.card;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.output.CardFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The fields at the head of a card, between two lines of dashes, as model hubs read them. */
final class FrontMatter {
  private static final String DASHES = "---";
  private static final Pattern CARRIED =
      Pattern.compile("(license|license_name|license_link|language):.*");
  private static final Pattern CONTINUED = Pattern.compile("( +|- ).*");
  private static final Pattern HUB_NAME = Pattern.compile("[\\w.-]+/[\\w.-]+");
  private static final ObjectMapper QUOTES = new ObjectMapper();

  private FrontMatter() {}

  /**
   * The head of a pruned model's card: the dense model's name and, from the head of its card if it
   * has one, its licence and languages.
   */
  static List<String> of(Storage storage, String dense, ModelConfig config) throws IOException {
    List<String> lines = new ArrayList<>(List.of(DASHES));
    lines.add("base_model: " + QUOTES.writeValueAsString(name(dense, config)));
    lines.addAll(carried(storage, dense));
    lines.add("library_name: transformers");
    lines.add("pipeline_tag: text-generation");
    lines.add("tags: [structured-pruning, slim-beam]");
    lines.add(DASHES);
    return lines;
  }

  /** As the model's own configuration has it, if it does, or the directory's. */
  static String name(String dense, ModelConfig config) {
    String own = config.json().path("_name_or_path").asText();
    String directory = Storage.withoutSlash(dense);
    return HUB_NAME.matcher(own).matches()
        ? own
        : directory.substring(directory.lastIndexOf('/') + 1);
  }

  private static List<String> carried(Storage storage, String dense) throws IOException {
    String path = storage.resolve(dense, CardFile.NAME);
    List<String> carried = new ArrayList<>();
    if (!storage.exists(path)) {
      return carried;
    }
    List<String> lines = new String(storage.read(path), UTF_8).lines().toList();
    int end = lines.isEmpty() || !lines.get(0).equals(DASHES) ? -1 : lines.lastIndexOf(DASHES);
    boolean carrying = false;
    for (String line : lines.subList(Math.min(1, lines.size()), Math.max(1, end))) {
      if (line.equals(DASHES)) {
        break;
      }
      carrying = CARRIED.matcher(line).matches() || (carrying && CONTINUED.matcher(line).matches());
      if (carrying) {
        carried.add(line);
      }
    }
    return carried;
  }
}
