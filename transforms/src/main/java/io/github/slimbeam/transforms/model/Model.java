// SPDX-License-Identifier: Apache-2.0
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
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

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
   * Opens a model and checks it, reading headers only; but a head that is stored although the
   * configuration ties it is compared with the embedding. Where it is another, it is kept and the
   * model is not tied, as in transformers.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first tensor that is
   *     missing, unexpected, of the wrong shape, or of a type we do not compute with
   */
  public static Model open(Storage storage, String directory) throws IOException {
    Checkpoint checkpoint = Checkpoint.open(storage, directory);
    String where = storage.resolve(directory, Checkpoint.CONFIG);
    ModelConfig config =
        ConfigReader.read(checkpoint.config(), where).named(checkpoint.tensors().keySet(), where);
    String head = config.family().head();
    if (config.tied()
        && checkpoint.tensors().containsKey(head)
        && !TiedHead.isEmbedding(checkpoint, head, config.family().embedding())) {
      config = config.untied();
    }
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
    ModelConfig config = ConfigReader.read(Checkpoint.readConfig(storage, directory), where);
    DType dtype = config.dtype(where);
    List<TensorEntry> tensors = new ArrayList<>();
    long[] end = {0};
    config
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
    return checkpoint.tensor(closing(layer, kind)).dtype();
  }

  /** What an FFN's gate is kept in. */
  public DType openingType(int layer, SublayerKind kind) {
    String module =
        config.family().sublayer(kind).weights().entrySet().stream()
            .filter(entry -> entry.getValue().rows().containsKey("gate"))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    return checkpoint.tensor(config.family().tensor(layer, module) + ".weight").dtype();
  }

  /** Name of a closing linear's weight. */
  public String closing(int layer, SublayerKind kind) {
    return closingModule(layer, kind) + ".weight";
  }

  /** Name of a closing linear's bias, whether it has one or not. */
  public String closingBias(int layer, SublayerKind kind) {
    return closingModule(layer, kind) + ".bias";
  }

  private String closingModule(int layer, SublayerKind kind) {
    return config.family().tensor(layer, config.family().sublayer(kind).closingModule());
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

  private void checkTensors() {
    Family family = config.family();
    String where = checkpoint.directory();
    checkPrefix(family.embedding(), where);
    Map<String, List<Long>> expected = config.tensors(config.layers());
    expected.forEach((name, shape) -> checkTensor(name, shape, where));
    List<Pattern> ignored = family.ignored().stream().map(Pattern::compile).toList();
    for (String name : checkpoint.tensors().keySet()) {
      boolean droppable =
          ignored.stream().anyMatch(pattern -> pattern.matcher(name).matches())
              || config.isCarried(name)
              || (config.tied() && name.equals(family.head()));
      check(
          expected.containsKey(name) || droppable,
          "%s: tensor %s is unknown to family %s: this is another architecture, or quantised",
          where,
          name,
          family.name());
    }
  }

  private void checkTensor(String name, List<Long> shape, String where) {
    TensorEntry found = checkpoint.tensors().get(name);
    check(
        found != null || !name.equals(config.family().head()),
        "%s: tensor %s is missing, and %s says tie_word_embeddings: %s. If the model's head is its embedding, set it"
            + " to true there; if not, the weights are not whole",
        where,
        name,
        Checkpoint.CONFIG,
        config.language().path("tie_word_embeddings").asText("nothing, which means false"));
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
  }

  /** What a model was wrapped in, or taken out of, shows in all its names. */
  private void checkPrefix(String embedding, String where) {
    if (checkpoint.tensors().containsKey(embedding)) {
      return;
    }
    String last = embedding.substring(embedding.indexOf('.') + 1);
    for (String name : checkpoint.tensors().keySet()) {
      check(
          !name.equals(last) && !name.endsWith("." + last),
          "%s: tensor %s, expected %s: the names begin with \"%s\" instead of \"%s\", as DataParallel (module.),"
              + " torch.compile (_orig_mod.) or a model around this one (language_model.) leaves them: save the inner"
              + " model, or rename its tensors",
          where,
          name,
          embedding,
          name.substring(0, name.length() - last.length()),
          embedding.substring(0, embedding.length() - last.length()));
    }
  }
}
