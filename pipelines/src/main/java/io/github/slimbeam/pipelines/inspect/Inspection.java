package io.github.slimbeam.pipelines.inspect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.cost.PruneRun;
import io.github.slimbeam.transforms.cost.Rates;
import io.github.slimbeam.transforms.cost.RunCost;
import io.github.slimbeam.transforms.cost.RunMemory;
import io.github.slimbeam.transforms.cost.StageCost;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.serving.Engine;
import io.github.slimbeam.transforms.serving.Quantisation;
import io.github.slimbeam.transforms.serving.ServedModel;
import java.io.IOException;
import java.util.List;

/** What {@code inspect} says, gathered part by part as JSON. */
final class Inspection {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode root = JSON.createObjectNode();

  ObjectNode json() {
    return root;
  }

  /** The dense model. */
  void model(Model model) {
    ModelConfig config = model.config();
    ObjectNode node = root.putObject("model");
    node.put("directory", model.checkpoint().directory());
    node.put("weights", model.hasWeights());
    node.put("family", config.family().name());
    node.put("architecture", config.json().path("architectures").path(0).asText());
    node.put("dtype", model.closingType(0, SublayerKind.FFN).name());
    node.put("hidden", config.hidden());
    node.put("headSize", config.headSize());
    node.put("vocabulary", config.vocabulary());
    node.put("context", config.context());
    node.put("tied", config.tied());
    node.set("parameters", parameters(config));
    node.put("bytes", bytes(model));
  }

  private static long bytes(Model model) {
    return model.checkpoint().tensors().values().stream()
        .mapToLong(tensor -> tensor.elements() * TensorEntry.width(tensor.dtype()))
        .sum();
  }

  /** Parameters by part; {@code total} is their sum. */
  private static ObjectNode parameters(ModelConfig config) {
    long table = (long) config.vocabulary() * config.hidden();
    ObjectNode node = JSON.createObjectNode();
    node.put("total", config.parameters(config.layers()));
    node.put("embedding", table);
    node.put("head", config.tied() ? 0 : table);
    node.put("attention", linears(config, SublayerKind.ATTENTION));
    node.put("ffn", linears(config, SublayerKind.FFN));
    node.put("norms", config.hidden() * (1L + 2L * config.layers().size()));
    return node;
  }

  private static long linears(ModelConfig config, SublayerKind kind) {
    return config.layers().stream().mapToLong(s -> config.linearParameters(kind, s)).sum();
  }

  /** How it would be pruned. */
  void recipe(Combination method, PlanRequest request, String layout) {
    ObjectNode node = root.putObject("recipe");
    node.put("method", method.name());
    node.put("recovery", method.recovery().optionName());
    node.put("schedule", request.schedule());
    node.put("layout", layout);
    if (request.targetParameters() == null) {
      node.put("pruningRatio", request.ratio());
    } else {
      node.put("targetParameters", request.targetParameters());
    }
  }

  /**
   * What each layer keeps.
   *
   * @param known whether the plan is the real one, or one of the same mean in place of one that
   *     follows from the data
   */
  void plan(ModelConfig dense, PruningPlan plan, boolean known) {
    ObjectNode node = root.putObject("plan");
    node.put("known", known);
    ArrayNode layers = node.putArray("layers");
    List<LayerShape> after = Plans.shapes(dense, plan);
    for (SublayerTarget target : plan.getTargets()) {
      if (target.getSublayer().getKind() == SublayerKind.ATTENTION) {
        int layer = target.getSublayer().getLayer();
        LayerShape before = dense.layers().get(layer);
        layers
            .addObject()
            .put("layer", layer)
            .put("ratio", target.getRatio())
            .put("heads", after.get(layer).heads())
            .put("headsBefore", before.heads())
            .put("groups", after.get(layer).groups())
            .put("groupsBefore", before.groups())
            .put("channels", after.get(layer).channels())
            .put("channelsBefore", before.channels());
      }
    }
  }

  /** That the plan does not meet the ratio. */
  void shortfall(String text) {
    ((ObjectNode) root.get("plan")).put("shortfall", text);
  }

  /** The pruned model. */
  void after(Model model, ModelConfig after, PrunedCheckpoint pruned, PruningPlan plan)
      throws IOException {
    ObjectNode node = root.putObject("after");
    node.put("architecture", after.json().path("architectures").path(0).asText());
    node.put("form", ServedModel.of(after).form().words());
    node.put("ownCode", pruned.hasOwnCode());
    node.set("parameters", parameters(after));
    node.put("removedShare", Plans.removedShare(model.config(), plan));
    long bytes = 0;
    for (PrunedCheckpoint.WeightFile file : pruned.files()) {
      bytes += file.size();
    }
    node.put("bytes", bytes);
    node.put("files", pruned.files().size());
  }

  long bytesBefore() {
    return root.at("/model/bytes").asLong();
  }

  long bytesAfter() {
    return root.at("/after/bytes").asLong();
  }

  /** What a run would take. */
  void cost(PruneRun run, Rates rates) {
    ObjectNode node = root.putObject("cost");
    node.put("sequences", run.sequences());
    node.put("sequenceLength", run.length());
    node.put("workers", run.workers());
    node.putObject("rates")
        .put("gigaflops32", rates.flops32() / 1e9)
        .put("gigaflops64", rates.flops64() / 1e9)
        .put("gigabytes", rates.bytes() / 1e9)
        .put("gigabytesHashed", rates.hashed() / 1e9);
    ArrayNode stages = node.putArray("stages");
    double workerSeconds = RunCost.overhead(run);
    double seconds = RunCost.overheadSeconds(run);
    for (StageCost stage : RunCost.of(run)) {
      workerSeconds += stage.workerSeconds(rates);
      seconds += stage.seconds(rates);
      stages
          .addObject()
          .put("stage", stage.stage())
          .put("teraflops32", stage.flops32() / 1e12)
          .put("teraflops64", stage.flops64() / 1e12)
          .put("gigabytes", stage.bytes() / 1e9)
          .put("gigabytesHashed", stage.hashed() / 1e9)
          .put("workerSeconds", stage.workerSeconds(rates));
    }
    node.put("overheadWorkerSeconds", RunCost.overhead(run));
    node.put("workerSeconds", workerSeconds);
    node.put("seconds", seconds);
    RunMemory memory = RunMemory.of(run);
    ObjectNode bytes = node.putObject("memory");
    bytes.put("process", memory.process());
    bytes.put("heap", memory.heap());
    bytes.put("tensors", memory.tensors());
    bytes.put("tensorsIn", memory.stage());
    bytes.put("total", memory.total());
    node.putObject("disk")
        .put("workDirectory", memory.workDirectory())
        .put("output", run.outputBytes());
  }

  /** What takes the result. */
  void serving(ServedModel model) {
    ArrayNode engines = root.putArray("engines");
    for (Engine engine : Engine.ALL) {
      Engine.Fit fit = engine.of(model);
      engines
          .addObject()
          .put("engine", engine.name())
          .put("verdict", fit.verdict().name())
          .put("how", fit.how());
    }
    ArrayNode quantisations = root.putArray("quantisations");
    for (Quantisation quantisation : Quantisation.ALL) {
      Quantisation.Fit fit = quantisation.of(model);
      quantisations
          .addObject()
          .put("quantisation", quantisation.name())
          .put("block", quantisation.block())
          .put("layers", fit.layers())
          .put("of", model.layers().size())
          .put("misfit", fit.misfit());
    }
    root.set("splits", JSON.valueToTree(model.splits()));
  }
}
