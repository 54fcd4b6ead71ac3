package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint whose tensors are exactly those its configuration and family call for, each with the
 * right shape.
 *
 * @param checkpoint the files
 * @param config the configuration
 */
public record Model(Checkpoint checkpoint, ModelConfig config) {

  private static final List<DType> WEIGHT_TYPES = List.of(DType.BF16, DType.F16, DType.F32);

  /**
   * Opens a model and checks it, reading headers only.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first tensor that is
   *     missing, unexpected, of the wrong shape, or of a type we do not compute with
   */
  public static Model open(Storage storage, String directory) throws IOException {
    Checkpoint checkpoint = Checkpoint.open(storage, directory);
    ModelConfig config =
        ModelConfig.of(checkpoint.config(), storage.resolve(directory, Checkpoint.CONFIG));
    Model model = new Model(checkpoint, config);
    model.checkTensors();
    return model;
  }

  /**
   * As {@link #open}; of a directory without weights, the model that its configuration alone
   * describes, all in the type that it names.
   */
  public static Model describe(Storage storage, String directory) throws IOException {
    if (Checkpoint.hasWeights(storage, directory)) {
      return open(storage, directory);
    }
    String where = storage.resolve(directory, Checkpoint.CONFIG);
    ModelConfig config = ModelConfig.of(Checkpoint.readConfig(storage, directory), where);
    DType dtype = config.dtype(where);
    List<TensorEntry> tensors = new ArrayList<>();
    long[] end = {0};
    new Model(null, config)
        .tensors(config.layers())
        .forEach(
            (name, shape) -> {
              long elements = shape.stream().reduce(1L, Math::multiplyExact);
              long begin = end[0];
              end[0] += elements * TensorEntry.width(dtype);
              tensors.add(new TensorEntry(name, dtype, shape, begin, end[0]));
            });
    return new Model(Checkpoint.withoutWeights(storage, directory, tensors), config);
  }

  /** Whether the weights are there, and not only their description. */
  public boolean hasWeights() {
    return !checkpoint.files().isEmpty();
  }

  /** Name of the tensor that turns hidden states into logits. */
  public String head() {
    return config.tied() ? config.family().embedding() : config.family().head();
  }

  /** The type in which a sub-layer's closing weights are kept, and so written. */
  public DType closingType(int layer, SublayerKind kind) {
    return checkpoint.tensors().get(closing(layer, kind)).dtype();
  }

  /** Name of a closing linear's weight. */
  public String closing(int layer, SublayerKind kind) {
    Family family = config.family();
    return family.tensor(
        layer, family.sublayer(kind).linears().get(Family.CLOSING).module() + ".weight");
  }

  /**
   * Loads one tensor as F32.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming it, if a value is NaN or
   *     infinite
   */
  public NDArray load(TorchScope scope, String tensor) throws IOException {
    try (SafetensorsFile file = checkpoint.open(tensor)) {
      return TensorBytes.loadFinite(scope, file, tensor);
    }
  }

  /** Every tensor the model must have, with its shape, for given layer shapes. */
  public Map<String, List<Long>> tensors(List<LayerShape> shapes) {
    Family family = config.family();
    long hidden = config.hidden();
    Map<String, List<Long>> tensors = new LinkedHashMap<>();
    tensors.put(family.embedding(), List.of((long) config.vocabulary(), hidden));
    for (int i = 0; i < shapes.size(); i++) {
      for (SublayerKind kind : SublayerKind.values()) {
        tensors.put(family.tensor(i, family.sublayer(kind).norm()), List.of(hidden));
        for (Family.Linear linear : family.sublayer(kind).linears().values()) {
          long rows = config.size(linear.rows(), shapes.get(i));
          long columns = config.size(linear.columns(), shapes.get(i));
          tensors.put(family.tensor(i, linear.module() + ".weight"), List.of(rows, columns));
          if (config.hasBias(linear)) {
            tensors.put(family.tensor(i, linear.module() + ".bias"), List.of(rows));
          }
        }
      }
    }
    tensors.put(family.finalNorm(), List.of(hidden));
    if (!config.tied()) {
      tensors.put(family.head(), List.of((long) config.vocabulary(), hidden));
    }
    return tensors;
  }

  private void checkTensors() {
    Map<String, List<Long>> expected = tensors(config.layers());
    String where = checkpoint.directory();
    expected.forEach(
        (name, shape) -> {
          TensorEntry found = checkpoint.tensors().get(name);
          check(found != null, "%s: tensor %s is missing", where, name);
          check(
              found.shape().equals(shape),
              "%s: tensor %s has shape %s, the configuration calls for %s",
              where,
              name,
              found.shape(),
              shape);
          check(
              WEIGHT_TYPES.contains(found.dtype()),
              "%s: tensor %s has dtype %s, expected one of %s",
              where,
              name,
              found.dtype(),
              WEIGHT_TYPES);
        });
    for (String name : checkpoint.tensors().keySet()) {
      boolean droppable =
          config.family().ignored().stream().anyMatch(name::endsWith)
              || (config.tied() && name.equals(config.family().head()));
      check(
          expected.containsKey(name) || droppable,
          "%s: tensor %s is unknown to family %s: this is another architecture, or quantised",
          where,
          name,
          config.family().name());
    }
  }
}
