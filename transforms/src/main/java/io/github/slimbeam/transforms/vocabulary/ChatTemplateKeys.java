// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The keys of a model's chat templates: {@code chat_template.jinja}, or where there is none {@code
 * chat_template} of {@code tokenizer_config.json}, a text, or a list of named ones of which {@code
 * default} is the one without a name.
 */
final class ChatTemplateKeys {
  private static final String FILE = "chat_template.jinja";
  private static final String KEY = "tokenizer.chat_template";
  private static final String DEFAULT = "default";
  private static final Predicate<String> NAME =
      Pattern.compile("[A-Za-z0-9_-]{1,64}").asMatchPredicate();

  private ChatTemplateKeys() {}

  /** The keys; none for a model that does not chat. */
  static Map<String, GgufValue> of(Storage storage, SmallFiles files) throws IOException {
    Map<String, String> templates = new TreeMap<>();
    JsonNode said = files.tokenizerConfig().path("chat_template");
    if (said.isTextual()) {
      templates.put(DEFAULT, said.asText());
    }
    for (JsonNode named : said.isArray() ? said : List.<JsonNode>of()) {
      String name = named.path("name").asText();
      check(
          NAME.test(name) && named.path("template").isTextual(),
          "%s: tokenizer_config.json has a chat template %s, expected a name of letters, digits, _"
              + " and -, and a template",
          files.directory(),
          TokenizerJson.quoted(name));
      templates.put(name, named.path("template").asText());
    }
    String path = storage.resolve(files.directory(), FILE);
    if (storage.exists(path)) {
      templates.put(DEFAULT, decoded(storage.read(path), path));
    }
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    templates.forEach(
        (name, template) -> {
          check(
              TokenizerJson.isUnicode(template),
              "%s: chat template %s is not valid Unicode",
              files.directory(),
              name);
          if (name.equals(DEFAULT)) {
            keys.put(KEY, new GgufValue.Text(template));
          } else {
            keys.put(KEY + "." + name, new GgufValue.Text(template));
            names.add(name);
          }
        });
    if (!names.isEmpty()) {
      keys.put("tokenizer.chat_templates", GgufValue.texts(names));
    }
    return keys;
  }

  private static String decoded(byte[] bytes, String path) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadInputException(path + ": not valid UTF-8", e);
    }
  }
}
