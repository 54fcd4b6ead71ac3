// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.PruningProblem;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Kernels at the shape of a layer of LLaMA-7B, each on one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class Kernels {
  static final Shape SHAPE = Shape.of("7b-2").withLayers(1, 1024);
  static final int TOKENS = 4096;
  static final int LENGTH = 2048;

  /** Where the checkpoint of one layer is. */
  static final String DIRECTORY = "slimbeam.benchmarks";

  private final TorchScope scope = TorchScope.open("cpu");
  private Model model;
  private SublayerWeights attention;
  private SublayerWeights ffn;
  private NDArray states;
  private NDArray inputs;
  private GramAccumulator sums;
  private PruningProblem heads;
  private PruningProblem channels;
  private PruningProblem firstGroup;

  @Setup
  public void load() throws IOException {
    Path directory = Path.of(System.getProperty(DIRECTORY));
    model = Model.open(new FileSystemsStorage(), directory.toString());
    attention = SublayerWeights.load(scope, model, 0, SublayerKind.ATTENTION);
    ffn = SublayerWeights.load(scope, model, 0, SublayerKind.FFN);
    NDArray single = scope.zeros(DataType.FLOAT32, 1);
    states = Products.random(scope, single, TOKENS, SHAPE.hidden());
    inputs = Products.random(scope, single, TOKENS, SHAPE.channels());
    sums = new GramAccumulator(new TileGrid(SHAPE.channels(), TileGrid.DEFAULT_TILE_SIZE), 1);
    heads = problem(SublayerKind.ATTENTION, SHAPE.hidden(), SHAPE.heads(), SHAPE.heads() / 2);
    int count = SHAPE.channels();
    channels = problem(SublayerKind.FFN, count, count, count / 2);
    firstGroup =
        new PruningProblem(
            "benchmark",
            channels.sublayer(),
            channels.weight(),
            List.of(),
            channels.moments(),
            count,
            1,
            8);
  }

  private PruningProblem problem(SublayerKind kind, int columns, int units, int removed) {
    NDArray wide = scope.zeros(DataType.FLOAT64, 1);
    NDArray x = Products.random(scope, scope.zeros(DataType.FLOAT32, 1), columns, 2048);
    NDArray gram = Products.product(scope, x, x).toType(DataType.FLOAT64, false);
    return new PruningProblem(
        "benchmark",
        new SublayerKey(0, kind),
        Products.random(scope, wide, SHAPE.hidden(), columns),
        List.of(),
        new Moments(2048, scope.zeros(DataType.FLOAT64, columns), Gram.of(gram), wide),
        units,
        columns / units,
        removed);
  }

  @TearDown
  public void free() {
    sums.close();
    scope.close();
  }

  /** The product that all others are held against. */
  @Benchmark
  public double product() {
    try (TorchScope inner = scope.nested()) {
      return last(Products.product(inner, inputs, ffn.closing()));
    }
  }

  @Benchmark
  public double matMul() {
    try (TorchScope inner = scope.nested()) {
      NDArray result = inputs.matMul(ffn.closing().transpose());
      inner.adopt(result);
      return last(result);
    }
  }

  @Benchmark
  public long gram() {
    sums.add(inputs, "benchmark");
    return sums.count();
  }

  @Benchmark
  public double attention() {
    try (TorchScope inner = scope.nested()) {
      DecoderForward forward = new DecoderForward(model.config());
      return last(forward.forward(inner, states, TOKENS / LENGTH, attention));
    }
  }

  @Benchmark
  public double ffn() {
    try (TorchScope inner = scope.nested()) {
      DecoderForward forward = new DecoderForward(model.config());
      return last(forward.forward(inner, states, TOKENS / LENGTH, ffn));
    }
  }

  /** The inverse of the Hessian, and one group of 8 channels. */
  @Benchmark
  public int inverse() {
    return pruned(firstGroup);
  }

  @Benchmark
  public int pruneChannels() {
    return pruned(channels);
  }

  @Benchmark
  public int pruneHeads() {
    return pruned(heads);
  }

  @Benchmark
  public int read() throws IOException {
    try (TorchScope inner = scope.nested()) {
      return SublayerWeights.load(inner, model, 0, SublayerKind.FFN).tensors().size();
    }
  }

  private int pruned(PruningProblem problem) {
    try (TorchScope inner = scope.nested()) {
      return SlimGpt.defaults().prune(inner, problem).kept().size();
    }
  }

  private static double last(NDArray tensor) {
    try (NDArray flat = tensor.flatten();
        NDArray element = flat.get(flat.size() - 1)) {
      return element.getFloat();
    }
  }
}
