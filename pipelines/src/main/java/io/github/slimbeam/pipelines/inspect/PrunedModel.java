// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.pipelines.inspect.DenseModel.Parameters;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.serving.ServedModel;
import java.io.IOException;

/**
 * The pruned model.
 *
 * @param form how its widths run over the layers, in words
 * @param ownCode whether it brings a modelling file
 * @param removedShare of the layers' linear weights
 * @param bytes of all weight files
 * @param files of weights
 */
record PrunedModel(
    String architecture,
    String form,
    boolean ownCode,
    Parameters parameters,
    double removedShare,
    long bytes,
    int files) {

  static PrunedModel of(ModelConfig config, PrunedCheckpoint pruned, double removedShare)
      throws IOException {
    long bytes = 0;
    for (PrunedCheckpoint.WeightFile file : pruned.files()) {
      bytes += file.size();
    }
    return new PrunedModel(
        config.json().path("architectures").path(0).asText(),
        ServedModel.of(config).form().words(),
        pruned.hasOwnCode(),
        Parameters.of(config),
        removedShare,
        bytes,
        pruned.files().size());
  }
}
