package io.github.slimbeam.pipelines;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.EvaluatePerplexity;
import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.KeepRecord;
import io.github.slimbeam.transforms.ReadHeldOutText;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.RecordFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.values.PCollection;

/**
 * Measures the perplexity of models on held-out text: non-overlapping windows, no special tokens.
 */
public final class MeasurePerplexity {
  private MeasurePerplexity() {}

  /** Runs the job with command-line options; throws where it fails. */
  public static void main(String[] args) throws IOException {
    PipelineOptionsFactory.register(PerplexityOptions.class);
    PerplexityOptions options = CommandLine.options(PerplexityOptions.class, args);
    FileSystems.setDefaultPipelineOptions(options);
    Model model = Model.open(new FileSystemsStorage(), options.getModel());
    ReadTexts.checkMatches(options.getText());
    int length = CommandLine.sequenceLength(options.getSequenceLength(), model.config());
    print(options, List.of(options.getModel()), options.getText(), length);
  }

  /**
   * Measures each model and prints one JSON line for each. All must share the first one's
   * tokenizer.
   */
  static void print(PipelineOptions options, List<String> models, String text, int length)
      throws IOException {
    List<LikelihoodSum> sums = measure(options, models, text, length);
    ObjectMapper json = new ObjectMapper();
    for (int i = 0; i < models.size(); i++) {
      LikelihoodSum sum = sums.get(i);
      ObjectNode line = json.createObjectNode();
      line.put("model", models.get(i));
      line.put("text", text);
      line.put("perplexity", EvaluatePerplexity.perplexity(sum));
      line.put("windows", sum.getWindows());
      line.put("tokens", sum.getTokens());
      line.put("sequenceLength", length);
      System.out.println(json.writeValueAsString(line));
    }
  }

  /** What each model makes of the text. */
  static List<LikelihoodSum> measure(
      PipelineOptions options, List<String> models, String text, int length) throws IOException {
    FileSystemsStorage storage = new FileSystemsStorage();
    try (TemporaryDirectory results = TemporaryDirectory.of(options, "slim-perplexity")) {
      Pipeline pipeline = Pipeline.create(options);
      PCollection<TokenSequence> windows =
          pipeline.apply(
              "Read held-out text",
              ReadHeldOutText.from(text)
                  .using(models.get(0))
                  .withSequenceLength(length)
                  .withVocabularySize(Model.open(storage, models.get(0)).config().vocabulary()));
      for (int i = 0; i < models.size(); i++) {
        windows
            .apply("Evaluate " + models.get(i), EvaluatePerplexity.of(models.get(i)))
            .apply("Keep " + models.get(i), KeepRecord.at(result(results, i)));
      }
      JobRun.run(pipeline);
      return models.stream().map(m -> read(storage, result(results, models.indexOf(m)))).toList();
    }
  }

  private static String result(TemporaryDirectory results, int number) {
    return results.path() + "/" + number + ".avro";
  }

  private static LikelihoodSum read(FileSystemsStorage storage, String path) {
    try {
      return RecordFile.find(storage, path, LikelihoodSum.class).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
