// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.prune.AskedPlan;
import io.github.slimbeam.pipelines.prune.MethodRow;
import io.github.slimbeam.pipelines.prune.PruneRecipes;
import io.github.slimbeam.pipelines.prune.RunDescription;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.cost.PruneRun;
import io.github.slimbeam.transforms.cost.Rates;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.output.PlannedSublayers;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.output.PrunedModelDirectory;
import io.github.slimbeam.transforms.planning.CurvesFile;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.serving.ServedModel;
import io.github.slimbeam.transforms.torch.TorchDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what {@code prune} with the same options would make, and take, without calibration: the
 * plan, the size of the result, what can open it, and a run's time and memory. It reads the model's
 * configuration and the headers of its weights, if they are there; with removal curves the weights
 * whole, to compare their hashes.
 */
public final class Inspect {
  private Inspect() {}

  /** Prints the description; throws where {@code prune} would refuse the options. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(options(), args, Inspect::print);
  }

  /** What the command takes. */
  public static DeclaredOptions<InspectOptions> options() {
    return MethodRow.with(InspectOptions.class);
  }

  private static void print(InspectOptions options) throws IOException {
    Inspection inspection = inspect(options);
    if (options.getJson()) {
      System.out.println(
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(inspection));
    } else {
      InspectionText.print(System.out, inspection);
    }
  }

  private static Inspection inspect(InspectOptions options) throws IOException {
    TorchDevice.check(options.getDevice());
    Model model = Model.describe(new FileSystemsStorage(), options.getModel());
    ModelConfig dense = model.config();
    Combination method = PruneRecipes.method(options);
    AskedPlan asked = AskedPlan.of(options, method, model);
    PruneRecipes.checkNumbers(options);
    if (asked.curves().isPresent() && model.hasWeights()) {
      CurvesFile.checkWeights(asked.curves().get(), options.getModel(), hashes(model));
    }
    int length = CommandLine.sequenceLength(options.getSequenceLength(), dense);
    PruningPlan plan = asked.known().orElseGet(() -> asked.standIn(model));
    PrunedCheckpoint pruned =
        new PrunedCheckpoint(
            model,
            PlannedSublayers.of(model, plan, method.recovery().makesBias()),
            options.getMaxFileBytes());
    if (options.getPadToUniform()) {
      pruned = pruned.padded();
    }
    ModelConfig after = ConfigReader.read(pruned.config(), options.getModel());
    DenseModel before = DenseModel.of(model);
    PrunedModel result = PrunedModel.of(after, pruned, Plans.removedShare(dense, plan));
    PruneRun run =
        RunDescription.of(
            options,
            dense,
            method,
            asked,
            plan,
            length,
            workers(options),
            before.bytes(),
            result.bytes());
    ServedModel served = ServedModel.of(after);
    return new Inspection(
        before,
        PlannedPruning.Recipe.of(method, asked, options),
        PlannedPruning.of(asked, plan, model),
        asked
            .curves()
            .map(curves -> CurvePlan.all(model, curves, asked.widths()))
            .orElse(List.of()),
        result,
        RunEstimate.of(run, Rates.measure(options.getDevice())),
        Inspection.EngineFit.all(served),
        Inspection.BlockFit.all(served),
        served.splits());
  }

  /** Of the weights; by name, as a run records them. */
  private static List<CheckpointFile> hashes(Model model) throws IOException {
    List<CheckpointFile> hashes = new ArrayList<>();
    for (String name : model.checkpoint().files().stream().sorted().toList()) {
      hashes.add(
          PrunedModelDirectory.hash(
              model.checkpoint().storage(), model.checkpoint().directory(), name));
    }
    return hashes;
  }

  /** In this process no more than its cores can work at once. */
  private static int workers(InspectOptions options) {
    int cores = Runtime.getRuntime().availableProcessors();
    int asked = options.getParallelism() > 0 ? options.getParallelism() : cores;
    return options.getFlinkMaster().startsWith("[") ? Math.min(asked, cores) : asked;
  }
}
