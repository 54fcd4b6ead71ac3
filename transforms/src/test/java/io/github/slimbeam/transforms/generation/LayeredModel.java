// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** {@link SmallModel}s with a choice of positions and of widths for each layer. */
public final class LayeredModel {
  private LayeredModel() {}

  /** The configuration with heads, KV groups and channels of its own in each of three layers. */
  public static ObjectNode withOwnWidths(ObjectNode config) {
    config.putArray(ModelConfig.HEADS_PER_LAYER).add(4).add(2).add(3);
    config.putArray(ModelConfig.GROUPS_PER_LAYER).add(2).add(1).add(3);
    config.putArray(ModelConfig.CHANNELS_PER_LAYER).add(24).add(7).add(11);
    return config;
  }

  /** The configuration with this rope scaling. */
  public static ObjectNode withRope(ObjectNode config, String json) throws IOException {
    return config.set("rope_scaling", new ObjectMapper().readTree(json));
  }

  /** Writes random weights for any configuration, F32, and opens the model. */
  public static Model write(Path directory, ObjectNode json) throws IOException {
    ModelConfig config = ConfigReader.read(json, "LayeredModel");
    Random random = new Random(11);
    List<SafetensorsWriter.Source> tensors = new ArrayList<>();
    config
        .tensors(config.layers())
        .forEach(
            (name, shape) -> {
              int count =
                  (int) shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
              float[] values = new float[count];
              for (int i = 0; i < count; i++) {
                values[i] =
                    (name.endsWith("norm.weight") ? 1 : 0) + (float) random.nextGaussian() / 2;
              }
              tensors.add(SmallModel.source(name, DType.F32, shape, values));
            });
    SmallModel.write(directory, json, tensors);
    return Model.open(ExampleModel.STORAGE, directory.toString());
  }
}
