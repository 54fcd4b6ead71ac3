// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.LfsPointer;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.CharConversionException;
import java.io.IOException;

/** A model's small JSON files, each field once and nothing behind the end. */
public final class JsonFile {
  private JsonFile() {}

  /**
   * The content.
   *
   * @throws BadInputException naming the file, if it is empty, no JSON, or a Git LFS pointer
   */
  public static JsonNode read(Storage storage, String path) throws IOException {
    byte[] bytes = storage.read(path);
    LfsPointer.refuse(bytes, path);
    JsonNode json;
    try {
      json = Json.STRICT.readTree(bytes);
    } catch (JsonProcessingException | CharConversionException e) {
      throw new BadInputException(path + ": not valid JSON: " + reason(e), e);
    }
    BadInputException.check(!json.isMissingNode(), "%s: not valid JSON: the file is empty", path);
    return json;
  }

  /** Without what Jackson says of its own options. */
  private static String reason(IOException e) {
    String message =
        String.valueOf(
            e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage());
    String found =
        message.replaceAll("(?s): (enable `|not allowed when ).*| \\(for type .*|: maybe a .*", "");
    return e instanceof JsonProcessingException json && json.getLocation() != null
        ? found + ", in line " + json.getLocation().getLineNr()
        : found;
  }
}
