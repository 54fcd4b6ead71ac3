// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.transforms.calibration.StrictUtf8;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A multiple-choice task, as its JSON file defines it: how a line of its set becomes a question.
 *
 * <p>Fields of the file: {@code name}; {@code about}; {@code metrics}, {@code acc} and {@code
 * acc_norm} if not given; {@code delimiter} between context and continuation, a space if not given;
 * {@code clean}, regular expressions replaced in contexts and choices one after the other; {@code
 * forms}, of which the first that fits a line is taken. A task of one form has the fields of {@link
 * QuestionForm} itself.
 */
public final class ChoiceTask {
  private static final ObjectReader JSON =
      Json.STRICT.reader().with(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY);

  private static final List<String> METRICS = List.of("acc", "acc_norm");
  private static final List<String> OF_TASK =
      List.of("name", "about", "metrics", "delimiter", "clean", "forms");
  private static final List<String> OF_FORM =
      List.of("context", "choices", "gold", "labels", "goldFile");

  private record Replacement(@Nullable String pattern, @Nullable String with) {}

  private record Definition(
      @Nullable String name,
      @Nullable String about,
      @Nullable List<String> metrics,
      @Nullable String delimiter,
      @Nullable List<Replacement> clean) {}

  private record Cleaning(Pattern pattern, String with) {}

  private final String json;
  private final String name;
  private final List<QuestionForm> forms;
  private final boolean normalised;
  private final String delimiter;
  private final List<Cleaning> clean = new ArrayList<>();

  private ChoiceTask(String json, Definition definition, List<QuestionForm> forms) {
    this.json = json;
    this.forms = forms;
    check(
        definition.name() != null && definition.name().matches("[\\w.-]+"),
        "name %s: expected letters, digits, _ . -",
        definition.name());
    this.name = definition.name();
    List<String> metrics = definition.metrics() == null ? METRICS : definition.metrics();
    check(
        metrics.contains("acc") && METRICS.containsAll(metrics),
        "metrics %s: expected [acc] or %s",
        metrics,
        METRICS);
    check(!forms.isEmpty(), "forms is empty: expected context, choices and gold");
    this.normalised = metrics.contains("acc_norm");
    this.delimiter = definition.delimiter() == null ? " " : definition.delimiter();
    if (definition.clean() != null) {
      definition.clean().forEach(this::addCleaning);
    }
  }

  private void addCleaning(Replacement replacement) {
    check(
        replacement.pattern() != null && replacement.with() != null,
        "clean: expected pattern and with in each");
    try {
      Pattern pattern =
          Pattern.compile(
              replacement.pattern(), Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS);
      clean.add(new Cleaning(pattern, Matcher.quoteReplacement(replacement.with())));
    } catch (PatternSyntaxException e) {
      throw new BadInputException(
          "clean: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
    }
  }

  /** Names of the bundled tasks. */
  public static List<String> bundled() {
    try {
      return List.of(Json.PLAIN.readValue(resource("tasks"), String[].class));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A bundled task.
   *
   * @throws BadInputException listing those there are, if it is none of them
   */
  public static ChoiceTask bundled(String name) {
    check(
        bundled().contains(name),
        "there is no task %s: bundled are %s; define your own in a task file",
        name,
        bundled());
    return parse(resource(name), name);
  }

  /**
   * Reads a definition.
   *
   * @param where its path, for messages
   * @throws BadInputException saying what is wrong with it
   */
  public static ChoiceTask parse(String json, String where) {
    try {
      JsonNode read = JSON.readTree(json);
      check(read instanceof ObjectNode, "expected a JSON object");
      ObjectNode root = (ObjectNode) read;
      JsonNode forms = root.has("forms") ? root.remove("forms") : root.deepCopy().retain(OF_FORM);
      if (forms.isObject()) {
        root.remove(OF_FORM);
      }
      return new ChoiceTask(
          json,
          JSON.treeToValue(root, Definition.class),
          List.of(JSON.treeToValue(forms, QuestionForm[].class)));
    } catch (UnrecognizedPropertyException e) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "%s: unknown field %s; there are %s, and in a form %s",
              where,
              e.getPropertyName(),
              OF_TASK,
              OF_FORM),
          e);
    } catch (JsonProcessingException e) {
      throw new BadInputException(
          where
              + ": not a task: "
              + (e.getCause() instanceof BadInputException bad
                  ? bad.getMessage()
                  : e.getOriginalMessage()),
          e);
    } catch (BadInputException e) {
      throw new BadInputException(where + ": not a task: " + e.text().marked(), e);
    }
  }

  /** The definition, to be read again elsewhere. */
  public String json() {
    return json;
  }

  public String name() {
    return name;
  }

  /**
   * The question of a line.
   *
   * @param source file and line, for the question and for messages
   * @throws BadInputException naming the source and what each form misses in the line
   */
  ChoiceQuestion question(JsonNode line, String source, int number, QuestionForm.GoldLine goldLine)
      throws IOException {
    List<String> problems = new ArrayList<>();
    for (QuestionForm form : forms) {
      try {
        List<ChoiceText> choices = choices(form, line, source);
        int gold = form.gold(line, choices.size(), goldLine);
        return new ChoiceQuestion(name(), number, source, choices, gold, normalised);
      } catch (WrongFieldException e) {
        problems.add(e.getMessage());
      }
    }
    List<String> fields = new ArrayList<>();
    line.fieldNames().forEachRemaining(fields::add);
    throw new BadInputException(
        String.format(
            Locale.ROOT,
            "%s: no question of %s: %s (the line has the fields %s)",
            source,
            name(),
            String.join("; in another form of the set: ", problems.stream().distinct().toList()),
            fields));
  }

  private List<ChoiceText> choices(QuestionForm form, JsonNode line, String source) {
    List<String> contexts =
        Template.expand(form.context(), line).stream().map(this::clean).toList();
    List<String> texts = Template.expand(form.choices(), line).stream().map(this::clean).toList();
    int count = Math.max(contexts.size(), texts.size());
    if (count < 2) {
      throw new WrongFieldException(count + " choices, expected 2 at least");
    }
    if (Math.min(contexts.size(), texts.size()) != 1) {
      throw new WrongFieldException(
          String.format(
              Locale.ROOT,
              "%d contexts and %d choices, expected one of either",
              contexts.size(),
              texts.size()));
    }
    List<ChoiceText> choices = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = texts.get(texts.size() == 1 ? 0 : i);
      String context = contexts.get(contexts.size() == 1 ? 0 : i);
      StrictUtf8.encode(context + delimiter + text, source);
      choices.add(new ChoiceText(context, delimiter + text, PythonText.length(text)));
    }
    return choices;
  }

  private String clean(String text) {
    String cleaned = text;
    for (Cleaning cleaning : clean) {
      cleaned = cleaning.pattern().matcher(cleaned).replaceAll(cleaning.with());
    }
    return cleaned;
  }

  private static String resource(String name) {
    try (InputStream in = ChoiceTask.class.getResourceAsStream("tasks/" + name + ".json")) {
      if (in == null) {
        throw new IllegalStateException("no resource tasks/" + name + ".json");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
