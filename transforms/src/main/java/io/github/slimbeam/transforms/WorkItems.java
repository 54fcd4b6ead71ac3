// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.transforms.work.PruningWork;
import org.apache.beam.sdk.transforms.display.DisplayData;

/** What a runner's page shows of a run's work, beside each of its steps. */
final class WorkItems {
  private WorkItems() {}

  static void add(DisplayData.Builder builder, PruningWork work) {
    builder
        .add(DisplayData.item("model", work.model()).withLabel("Dense model"))
        .add(DisplayData.item("workDirectory", work.directory()).withLabel("Work directory"))
        .add(DisplayData.item("shards", work.shards()).withLabel("Shards"))
        .add(DisplayData.item("device", work.device()).withLabel("Device"));
  }
}
