// SPDX-License-Identifier: Apache-2.0
import static org.apache.beam.sdk.values.TypeDescriptors.strings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.PruneModel;
import io.github.slimbeam.transforms.work.PruningWork;
import io.github.slimbeam.transforms.TokenizeText;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import java.io.IOException;
import java.util.Arrays;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.TextIO;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Distinct;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.MapElements;

/** Somebody's own data preparation, going on into pruning: TEXTS MODEL OUTPUT [Beam options]. */
public final class OwnPipeline {
  public static void main(String[] args) throws IOException {
    String texts = args[0];
    String model = args[1];
    String output = args[2];
    String[] options = Arrays.copyOfRange(args, 3, args.length);

    FileSystemsStorage storage = new FileSystemsStorage();
    ModelConfig config = Model.open(storage, model).config();
    PruningPlan plan = Plans.of(config, RatioSchedule.LOGARITHMIC, 0.3);
    PruningWork work = PruningWork.of(storage, model, output + ".work");

    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.fromArgs(options).create());
    pipeline
        .apply("Read JSON lines", TextIO.read().from(texts))
        .apply("Take the text", MapElements.into(strings()).via(OwnPipeline::text))
        .apply("Drop duplicates", Distinct.create())
        .apply("Drop short texts", Filter.by(text -> text.length() >= 300))
        .apply("Draw windows", TokenizeText.using(model).withSequences(64).withSequenceLength(256))
        .apply("Prune", PruneModel.in(work, SlimGpt.defaults(), plan, output));
    pipeline.run().waitUntilFinish();
  }

  private static String text(String line) {
    try {
      return new ObjectMapper().readTree(line).get("text").asText();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + line, e);
    }
  }
}
