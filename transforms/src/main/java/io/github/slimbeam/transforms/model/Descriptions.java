// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON files that describe things of one kind, a file each, in a folder beside a class. A file may
 * say {@code like} which other one it is, and then only what differs, as a JSON merge patch (RFC
 * 7396): an object changes fields, null removes one.
 */
public final class Descriptions {
  private static final String ENDING = ".json";

  private Descriptions() {}

  /**
   * All of a folder, whole, by the names of their files without ending.
   *
   * @param folder with a slash at its end
   */
  public static Map<String, JsonNode> below(Class<?> owner, String folder) {
    try {
      Map<String, JsonNode> files = new TreeMap<>();
      for (String file : Resources.below(owner, folder)) {
        files.put(file.substring(0, file.length() - ENDING.length()), json(owner, folder + file));
      }
      Map<String, JsonNode> whole = new LinkedHashMap<>();
      files.keySet().forEach(name -> whole.put(name, whole(name, files)));
      return whole;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode whole(String name, Map<String, JsonNode> files) {
    ObjectNode own = requireNonNull(files.get(name), name).deepCopy();
    JsonNode base = own.remove("like");
    return base == null ? own : merged(whole(base.asText(), files), own);
  }

  private static JsonNode merged(JsonNode base, JsonNode patch) {
    if (!patch.isObject() || !base.isObject()) {
      return patch;
    }
    ObjectNode result = (ObjectNode) base;
    patch
        .fields()
        .forEachRemaining(
            field -> {
              if (field.getValue().isNull()) {
                result.remove(field.getKey());
              } else {
                JsonNode before = result.path(field.getKey());
                result.set(field.getKey(), merged(before, field.getValue()));
              }
            });
    return result;
  }

  /** One file beside a class. */
  static JsonNode json(Class<?> owner, String name) {
    try {
      return Json.STRICT.readTree(bytes(owner, name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A resource beside a class. */
  static byte[] bytes(Class<?> owner, String name) {
    try (InputStream in = owner.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
