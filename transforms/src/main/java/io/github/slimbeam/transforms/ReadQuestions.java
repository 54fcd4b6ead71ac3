// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.evaluation.ChoiceTask;
import io.github.slimbeam.transforms.evaluation.QuestionReader;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads the sets of multiple-choice tasks, JSON lines or Parquet, as {@link ChoiceTask} says. Files
 * are named as for {@link ReadTexts}; those of one task are read in the order of their paths by one
 * worker, because its questions are numbered.
 */
public final class ReadQuestions extends PTransform<PBegin, PCollection<ChoiceQuestion>> {
  private static final long serialVersionUID = 1;

  private final ArrayList<KV<String, String>> sets;
  private final int limit;

  private ReadQuestions(List<KV<String, String>> sets, int limit) {
    this.sets = new ArrayList<>(sets);
    this.limit = limit;
  }

  /** Reads a task's set from the files that match. */
  public static ReadQuestions of(ChoiceTask task, String filePattern) {
    return new ReadQuestions(List.of(), Integer.MAX_VALUE).and(task, filePattern);
  }

  /** One more task, of another name. */
  public ReadQuestions and(ChoiceTask task, String filePattern) {
    List<KV<String, String>> more = new ArrayList<>(sets);
    more.add(KV.of(task.json(), filePattern));
    return new ReadQuestions(more, limit);
  }

  /** Only so many questions of each task, from the first on. */
  public ReadQuestions withLimit(int questions) {
    check(questions > 0, "⟨limit⟩=%d: expected a positive number", questions);
    return new ReadQuestions(sets, questions);
  }

  /**
   * Checks, before anything runs, that every glob matches a file.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the one that matches
   *     none
   */
  public void checkMatches() {
    sets.forEach(set -> ReadTexts.checkMatches(set.getValue()));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    sets.forEach(
        set -> builder.add(DisplayData.item(set.getKey(), set.getValue()).withLabel(set.getKey())));
  }

  @Override
  public PCollection<ChoiceQuestion> expand(PBegin begin) {
    return begin
        .apply(
            "Name sets",
            Create.of(sets).withCoder(KvCoder.of(StringUtf8Coder.of(), StringUtf8Coder.of())))
        .apply("Read sets", ParDo.of(new ReadFn(limit)))
        .setCoder(AvroCoder.specific(ChoiceQuestion.class));
  }

  private static final class ReadFn extends DoFn<KV<String, String>, ChoiceQuestion> {
    private static final long serialVersionUID = 1;
    private final int limit;

    ReadFn(int limit) {
      this.limit = limit;
    }

    @ProcessElement
    public void process(@Element KV<String, String> set, OutputReceiver<ChoiceQuestion> questions)
        throws IOException {
      ChoiceTask task = ChoiceTask.parse(set.getKey(), "task");
      QuestionReader reader =
          new QuestionReader(task, limit, ReadQuestions::labels, questions::output);
      Iterator<Metadata> files = ReadTexts.match(set.getValue()).iterator();
      while (files.hasNext() && !reader.isFull()) {
        Metadata file = files.next();
        String path = file.resourceId().toString();
        if (TextFile.isParquet(path)) {
          try (SeekableByteChannel channel = new FileSystemsStorage().open(path)) {
            reader.readParquet(path, channel);
          }
        } else {
          ReadTexts.read(file, reader::read);
        }
      }
      reader.checkAny(set.getValue());
    }
  }

  private static Optional<List<String>> labels(String path) throws IOException {
    FileSystemsStorage storage = new FileSystemsStorage();
    return storage.exists(path)
        ? Optional.of(new String(storage.read(path), StandardCharsets.UTF_8).lines().toList())
        : Optional.empty();
  }
}
