// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.JsonFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.List;

/**
 * What lies beside {@code tokenizer.json} and says more of it; a file that is not there says
 * nothing.
 *
 * @param modelConfigs {@code generation_config.json}, {@code config.json}, and the part of the
 *     latter that is the language model's
 */
record SmallFiles(
    String directory,
    JsonNode tokenizerConfig,
    JsonNode specialTokensMap,
    List<JsonNode> modelConfigs) {

  static SmallFiles read(Storage storage, String directory) throws IOException {
    JsonNode config = json(storage, directory, Checkpoint.CONFIG);
    return new SmallFiles(
        directory,
        json(storage, directory, "tokenizer_config.json"),
        json(storage, directory, "special_tokens_map.json"),
        List.of(
            json(storage, directory, "generation_config.json"),
            config,
            config.path("text_config")));
  }

  /** Whether spaces before punctuation are taken out of what is shown. */
  boolean cleansSpaces() {
    return tokenizerConfig.path("clean_up_tokenization_spaces").asBoolean(false);
  }

  private static JsonNode json(Storage storage, String directory, String name) throws IOException {
    String path = storage.resolve(directory, name);
    return storage.exists(path) ? JsonFile.read(storage, path) : MissingNode.getInstance();
  }
}
