// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.JobRun;
import io.github.slimbeam.pipelines.command.TemporaryDirectory;
import io.github.slimbeam.pipelines.command.TextOptions;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.EvaluatePerplexity;
import io.github.slimbeam.transforms.KeepRecord;
import io.github.slimbeam.transforms.ReadHeldOutText;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.calibration.WindowProtocol;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.RecordFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;

/**
 * Measures the perplexity of models on held-out texts by GPTQ's protocol: each text tokenised
 * whole, cut into windows side by side, the tail dropped. What decides the figure is printed with
 * it.
 */
public final class MeasurePerplexity {
  private MeasurePerplexity() {}

  /** Runs the job with command-line options; throws where it fails. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(DeclaredOptions.of(PerplexityOptions.class), args, MeasurePerplexity::run);
  }

  private static void run(PerplexityOptions options) throws IOException {
    Model model = Model.open(new FileSystemsStorage(), options.getModel());
    ReadTexts.remarks(options.getText()).forEach(System.err::println);
    WindowProtocol protocol =
        new WindowProtocol(
            CommandLine.sequenceLength(options.getSequenceLength(), model.config()),
            options.getJoin(),
            options.getAddSpecialTokens());
    print(measure(options, List.of(options.getModel()), options.getText(), protocol));
  }

  /** Prints one JSON line for each. */
  public static void print(List<Perplexity> measured) throws IOException {
    for (Perplexity perplexity : measured) {
      System.out.println(Json.PLAIN.writeValueAsString(perplexity.json()));
    }
  }

  /**
   * What each model makes of each text, in one job; text by text.
   *
   * @param models all with the first one's tokenizer
   * @param texts a comma-separated list of patterns, each a text of its own
   */
  public static List<Perplexity> measure(
      DeviceOptions options, List<String> models, String texts, WindowProtocol protocol)
      throws IOException {
    FileSystemsStorage storage = new FileSystemsStorage();
    try (TemporaryDirectory results = TemporaryDirectory.of(options, "slim-perplexity")) {
      Pipeline pipeline = Pipeline.create(options);
      List<DType> dtypes = new ArrayList<>();
      for (String model : models) {
        dtypes.add(Model.open(storage, model).closingType(0, SublayerKind.FFN));
      }
      int vocabulary = Model.open(storage, models.get(0)).config().vocabulary();
      List<String> patterns = ReadTexts.patterns(texts);
      for (int t = 0; t < patterns.size(); t++) {
        PCollection<TokenSequence> windows =
            pipeline.apply(
                "Read text " + t,
                ReadHeldOutText.from(patterns.get(t))
                    .using(models.get(0))
                    .by(protocol)
                    .withTextField(options.as(TextOptions.class).getTextField())
                    .withVocabularySize(vocabulary));
        for (int m = 0; m < models.size(); m++) {
          String step = "text " + t + " model " + m;
          windows
              .apply(
                  "Evaluate " + step, EvaluatePerplexity.of(models.get(m)).on(options.getDevice()))
              .apply("Keep " + step, KeepRecord.at(result(results, t, m)));
        }
      }
      JobRun.run(pipeline);
      List<Perplexity> measured = new ArrayList<>();
      for (int t = 0; t < patterns.size(); t++) {
        for (int m = 0; m < models.size(); m++) {
          LikelihoodSum sum =
              RecordFile.find(storage, result(results, t, m), LikelihoodSum.class).orElseThrow();
          measured.add(
              new Perplexity(models.get(m), patterns.get(t), protocol, dtypes.get(m), sum));
        }
      }
      return measured;
    }
  }

  private static String result(TemporaryDirectory results, int text, int model) {
    return results.path() + "/" + text + "-" + model + ".avro";
  }
}
