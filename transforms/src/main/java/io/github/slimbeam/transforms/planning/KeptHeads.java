// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.UserText;
import java.util.Optional;

/** What to say of models whose heads cannot go. */
public final class KeptHeads {
  private KeptHeads() {}

  /** That heads stay, and why; nothing where they can go. */
  public static Optional<UserText> of(ModelConfig config) {
    return config.isPrunable(SublayerKind.ATTENTION)
        ? Optional.empty()
        : Optional.of(
            UserText.of(
                "the query and key norms of family %s span all heads, so that without one the others would compute"
                    + " something else: all heads stay, and channels make up for their share",
                config.family().name()));
  }
}
