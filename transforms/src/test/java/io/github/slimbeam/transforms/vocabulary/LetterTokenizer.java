// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Three tokens of control and a letter each: for models whose texts nobody reads. */
public final class LetterTokenizer {
  private LetterTokenizer() {}

  /** Writes it to a directory of its own and reads its keys. */
  public static Map<String, GgufValue> keys(Path directory, int rows) throws IOException {
    ObjectNode tokenizer = Json.PLAIN.createObjectNode();
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    TinyTokenizer.CONTROL.forEach(token -> vocabulary.put(token, vocabulary.size()));
    while (vocabulary.size() < rows) {
      vocabulary.put(Character.toString('!' + vocabulary.size()), vocabulary.size());
    }
    model.putArray("merges");
    tokenizer
        .putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("use_regex", true);
    TinyTokenizer.write(directory, tokenizer);
    return TokenizerMetadata.of(ExampleModel.STORAGE, directory.toString(), rows);
  }
}
