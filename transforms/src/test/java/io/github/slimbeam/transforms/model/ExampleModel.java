// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The bundled example model and the numeric fixtures made from it. */
public final class ExampleModel {
  public static final Storage STORAGE = new FileSystemsStorage();
  public static final Path EXAMPLES =
      Path.of("..", "pipelines", "examples").toAbsolutePath().normalize();
  public static final String DIRECTORY = EXAMPLES.resolve("story-llama").toString();

  private ExampleModel() {}

  public static Model open() throws IOException {
    return Model.open(STORAGE, DIRECTORY);
  }

  /** The same model with its weights in F32, in which every rounding shows. */
  public static Path writeF32(Path directory) throws IOException {
    Model model = open();
    List<SafetensorsWriter.Source> tensors = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      for (TensorEntry tensor : model.checkpoint().tensors().values()) {
        tensors.add(
            SmallModel.source(
                tensor.name(),
                DType.F32,
                tensor.shape(),
                model.load(scope, tensor.name()).toFloatArray()));
      }
    }
    Files.createDirectories(directory);
    SmallModel.write(directory, model.checkpoint().config().put("torch_dtype", "float32"), tensors);
    Files.copy(Path.of(DIRECTORY).resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
    return directory;
  }

  /** A tensor of a fixture file; integers arrive as floating point. */
  public static NDArray fixture(TorchScope scope, String file, String tensor) throws IOException {
    String path =
        Path.of("src/test/resources/fixtures", file + ".safetensors").toAbsolutePath().toString();
    try (SafetensorsFile open = SafetensorsFile.open(STORAGE, path)) {
      return TensorBytes.load(scope, open, tensor);
    }
  }

  /** The values of a fixture's tensor. */
  public static double[] values(TorchScope scope, String file, String tensor) throws IOException {
    return fixture(scope, file, tensor).toType(DataType.FLOAT64, false).toDoubleArray();
  }
}
