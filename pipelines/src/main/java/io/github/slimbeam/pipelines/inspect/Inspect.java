// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.prune.MethodRow;
import io.github.slimbeam.pipelines.prune.PlanRecipe;
import io.github.slimbeam.pipelines.prune.PruneRecipes;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.cost.PruneRun;
import io.github.slimbeam.transforms.cost.Rates;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.output.PlannedSublayers;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.serving.ServedModel;
import io.github.slimbeam.transforms.torch.TorchDevice;
import java.io.IOException;

/**
 * Says what {@code prune} with the same options would make, and take, without calibration: the
 * plan, the size of the result, what can open it, and a run's time and memory. It reads the model's
 * configuration and the headers of its weights, if they are there.
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
    PlanRequest request = PlanRecipe.of(options, method, model);
    PruneRecipes.checkNumbers(options);
    int length = CommandLine.sequenceLength(options.getSequenceLength(), dense);
    PruningPlan plan = (request.needsData() ? reference(request) : request).plan(model);
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
        new PruneRun(
            dense,
            plan,
            method,
            request.needsData() && !request.needsCurves(),
            request.needsCurves(),
            PruneRecipes.sequences(options),
            length,
            PruneRecipes.shards(options, dense, length),
            workers(options),
            jobs(options, dense),
            before.bytes(),
            result.bytes());
    ServedModel served = ServedModel.of(after);
    return new Inspection(
        before,
        PlannedPruning.Recipe.of(method, request, options.getPadToUniform()),
        PlannedPruning.of(request, plan, model),
        result,
        RunEstimate.of(run, Rates.measure(options.getDevice())),
        Inspection.EngineFit.all(served),
        Inspection.BlockFit.all(served),
        served.splits());
  }

  /** Ratios that follow from the data have the mean that was asked for, and so has this. */
  private static PlanRequest reference(PlanRequest request) {
    return new PlanRequest(
        RatioSchedule.UNIFORM.optionName(),
        request.size(),
        Double.NaN,
        Double.NaN,
        request.rounding(),
        request.widths());
  }

  /** In this process no more than its cores can work at once. */
  private static int workers(InspectOptions options) {
    int cores = Runtime.getRuntime().availableProcessors();
    int asked = options.getParallelism() > 0 ? options.getParallelism() : cores;
    return options.getFlinkMaster().startsWith("[") ? Math.min(asked, cores) : asked;
  }

  private static int jobs(InspectOptions options, ModelConfig dense) {
    int layers = dense.layers().size();
    int each = PruneRecipes.layersPerJob(options, layers);
    return (layers + each - 1) / each;
  }
}
