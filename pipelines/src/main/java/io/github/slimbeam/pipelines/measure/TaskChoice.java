// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import io.github.slimbeam.transforms.ReadQuestions;
import io.github.slimbeam.transforms.evaluation.ChoiceTask;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What {@code --tasks} and {@code --taskFile} ask for. */
public final class TaskChoice {
  private static final Pattern NEXT_TASK = Pattern.compile(",(?=[\\w.-]+=)");

  private TaskChoice() {}

  /**
   * The sets to be read.
   *
   * @param tasks {@code NAME=FILES,NAME=FILES}; a comma within FILES separates patterns
   * @param options the task files, and how many questions of each set
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the word that cannot be
   *     understood, the task that is not known, the file that is not there
   */
  public static ReadQuestions read(String tasks, TaskOptions options) throws IOException {
    Map<String, ChoiceTask> own = own(options.getTaskFile());
    Map<String, String> files = new LinkedHashMap<>();
    ReadQuestions questions = null;
    for (String word : NEXT_TASK.split(tasks)) {
      int equals = word.indexOf('=');
      check(
          equals > 0 && equals < word.length() - 1,
          "--tasks=%s: expected NAME=FILES, such as piqa=valid.jsonl, found \"%s\"",
          tasks,
          word);
      String name = word.substring(0, equals).strip();
      String pattern = word.substring(equals + 1);
      check(
          files.putIfAbsent(name, pattern) == null,
          "--tasks names %s twice: write its files behind one name, with commas between them",
          name);
      ChoiceTask task = own.containsKey(name) ? own.get(name) : ChoiceTask.bundled(name);
      questions =
          questions == null ? ReadQuestions.of(task, pattern) : questions.and(task, pattern);
    }
    own.keySet()
        .forEach(
            name ->
                check(
                    files.containsKey(name),
                    "--taskFile defines %s, but --tasks does not say %s=FILES",
                    name,
                    name));
    ReadQuestions all = requireNonNull(questions, "--tasks has a word");
    all.checkMatches();
    return options.getLimit() == null ? all : all.withLimit(options.getLimit());
  }

  private static Map<String, ChoiceTask> own(@Nullable String taskFiles) throws IOException {
    FileSystemsStorage storage = new FileSystemsStorage();
    Map<String, ChoiceTask> own = new LinkedHashMap<>();
    for (String path : taskFiles == null ? new String[0] : taskFiles.split(",")) {
      check(storage.exists(path), "--taskFile=%s: no such file", path);
      ChoiceTask task =
          ChoiceTask.parse(new String(storage.read(path), StandardCharsets.UTF_8), path);
      check(
          !ChoiceTask.bundled().contains(task.name()),
          "%s: the name %s is that of a bundled task: take another",
          path,
          task.name());
      check(
          own.put(task.name(), task) == null,
          "%s: a task file before it has the name %s too",
          path,
          task.name());
    }
    return own;
  }
}
