// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;

/**
 * The dense model.
 *
 * @param weights whether they are there
 * @param bytes of all tensors
 */
record DenseModel(
    String directory,
    boolean weights,
    String family,
    String architecture,
    String dtype,
    int hidden,
    int headSize,
    int vocabulary,
    int context,
    boolean tied,
    Parameters parameters,
    long bytes) {

  /** Parameters by part; {@code total} is their sum. */
  record Parameters(long total, long embedding, long head, long attention, long ffn, long norms) {
    static Parameters of(ModelConfig config) {
      long table = (long) config.vocabulary() * config.hidden();
      return new Parameters(
          config.parameters(config.layers()),
          table,
          config.tied() ? 0 : table,
          linears(config, SublayerKind.ATTENTION),
          linears(config, SublayerKind.FFN),
          config.hidden() * (1L + 2L * config.layers().size()));
    }

    private static long linears(ModelConfig config, SublayerKind kind) {
      return config.layers().stream().mapToLong(s -> config.linearParameters(kind, s)).sum();
    }
  }

  static DenseModel of(Model model) {
    ModelConfig config = model.config();
    return new DenseModel(
        model.checkpoint().directory(),
        model.hasWeights(),
        config.family().name(),
        config.json().path("architectures").path(0).asText(),
        model.closingType(0, SublayerKind.FFN).name(),
        config.hidden(),
        config.headSize(),
        config.vocabulary(),
        config.context(),
        config.tied(),
        Parameters.of(config),
        bytes(model));
  }

  private static long bytes(Model model) {
    return model.checkpoint().tensors().values().stream()
        .mapToLong(tensor -> tensor.elements() * TensorEntry.width(tensor.dtype()))
        .sum();
  }
}
