// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A checkpoint directory: {@code config.json} and one {@code model.safetensors}, or several with
 * their index. Opening reads and checks every header and no weight.
 */
public final class Checkpoint {
  public static final String CONFIG = DirectoryContent.CONFIG;
  public static final String SINGLE = DirectoryContent.SINGLE;
  public static final String INDEX = DirectoryContent.INDEX;

  private final Storage storage;
  private final String directory;
  private final ObjectNode config;
  private final Map<String, TensorEntry> tensors = new LinkedHashMap<>();
  private final Map<String, String> fileOfTensor = new LinkedHashMap<>();

  private Checkpoint(Storage storage, String directory, ObjectNode config) {
    this.storage = storage;
    this.directory = directory;
    this.config = config;
  }

  /**
   * Opens a directory.
   *
   * @throws BadInputException if it is not there, is no safetensors checkpoint, is quantised, or
   *     any header, index entry or path is wrong
   */
  public static Checkpoint open(Storage storage, String directory) throws IOException {
    Checkpoint checkpoint = new Checkpoint(storage, directory, readConfig(storage, directory));
    String index = storage.resolve(directory, INDEX);
    if (storage.exists(index)) {
      checkpoint.addSharded(index);
    } else {
      checkpoint.addSingle();
    }
    return checkpoint;
  }

  /**
   * A checkpoint of which the weights are not there yet, with the tensors it is expected to have.
   * None of them can be opened.
   *
   * @throws BadInputException as {@link #open}, as far as it is about the configuration
   */
  public static Checkpoint withoutWeights(
      Storage storage, String directory, Collection<TensorEntry> tensors) throws IOException {
    Checkpoint checkpoint = new Checkpoint(storage, directory, readConfig(storage, directory));
    tensors.forEach(tensor -> checkpoint.tensors.put(tensor.name(), tensor));
    return checkpoint;
  }

  /** Whether a directory holds weights of any kind, also of those that {@link #open} refuses. */
  public static boolean hasWeights(Storage storage, String directory) throws IOException {
    return DirectoryContent.of(storage, directory).hasWeights();
  }

  /** Reads and checks {@code config.json}. */
  public static ObjectNode readConfig(Storage storage, String directory) throws IOException {
    String configPath = storage.resolve(directory, CONFIG);
    if (!storage.exists(configPath)) {
      throw DirectoryContent.of(storage, directory).withoutConfiguration();
    }
    JsonNode config = JsonFile.read(storage, configPath);
    check(config instanceof ObjectNode, "%s: expected a JSON object", configPath);
    check(
        config.path("quantization_config").isMissingNode()
            || config.path("quantization_config").isNull(),
        "%s: the model is quantised (%s): prune the unquantised model and quantise the result",
        configPath,
        config
            .path("quantization_config")
            .path("quant_method")
            .asText("quantization_config is set"));
    return (ObjectNode) config;
  }

  private void addSingle() throws IOException {
    String path = storage.resolve(directory, SINGLE);
    if (!storage.exists(path)) {
      throw DirectoryContent.of(storage, directory).withoutWeights();
    }
    try (SafetensorsFile file = SafetensorsFile.open(storage, path)) {
      file.header().tensors().values().forEach(t -> add(t, SINGLE));
    }
  }

  private void addSharded(String index) throws IOException {
    JsonNode map = JsonFile.read(storage, index).path("weight_map");
    check(map.isObject() && !map.isEmpty(), "%s: expected an object weight_map", index);
    Map<String, String> expected = new LinkedHashMap<>();
    map.fields().forEachRemaining(e -> expected.put(e.getKey(), e.getValue().asText()));
    refuseSingleBeside(expected.values());
    for (String name : new TreeSet<>(expected.values())) {
      check(
          name.matches("[A-Za-z0-9_][A-Za-z0-9._-]*\\.safetensors"),
          "%s: shard %s: expected the plain name of a .safetensors file in the same directory",
          index,
          name);
      String path = storage.resolve(directory, name);
      check(
          storage.exists(path),
          "%s: shard %s is named there but is not in %s",
          index,
          name,
          directory);
      try (SafetensorsFile file = SafetensorsFile.open(storage, path)) {
        file.header().tensors().values().stream()
            .filter(t -> name.equals(expected.get(t.name())))
            .forEach(t -> add(t, name));
      }
    }
    for (Map.Entry<String, String> entry : expected.entrySet()) {
      check(
          tensors.containsKey(entry.getKey()),
          "%s: tensor %s is not in %s, where the index says it is",
          index,
          entry.getKey(),
          entry.getValue());
    }
  }

  /** Other programs take the single file where both are there, and so other weights. */
  private void refuseSingleBeside(Collection<String> shards) throws IOException {
    check(
        Set.of(SINGLE).containsAll(shards) || !storage.exists(storage.resolve(directory, SINGLE)),
        "%s: both %s and %s, which names other files, are there: transformers takes the first, others the second, and"
            + " they need not hold the same weights; move away the one that is not meant",
        directory,
        SINGLE,
        INDEX);
  }

  private void add(TensorEntry tensor, String file) {
    tensors.put(tensor.name(), tensor);
    fileOfTensor.put(tensor.name(), file);
  }

  public Storage storage() {
    return storage;
  }

  public String directory() {
    return directory;
  }

  /** The configuration, unknown fields included. */
  public ObjectNode config() {
    return config.deepCopy();
  }

  /** All tensors by name, in the order of the files. */
  public Map<String, TensorEntry> tensors() {
    return tensors;
  }

  /**
   * The tensor of this name.
   *
   * @throws BadInputException if there is none
   */
  public TensorEntry tensor(String name) {
    TensorEntry entry = tensors.get(name);
    check(entry != null, "%s: no tensor %s in the checkpoint", directory, name);
    return entry;
  }

  /** Names of the weight files. */
  public Set<String> files() {
    return new TreeSet<>(fileOfTensor.values());
  }

  /** Opens the file that holds a tensor. */
  public SafetensorsFile open(String tensor) throws IOException {
    String file = fileOfTensor.get(tensor);
    check(file != null, "%s: no tensor %s in the checkpoint", directory, tensor);
    return SafetensorsFile.open(storage, storage.resolve(directory, file));
  }
}
