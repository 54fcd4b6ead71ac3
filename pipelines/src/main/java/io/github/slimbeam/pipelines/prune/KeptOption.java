// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.transforms.planning.Layout;
import java.util.List;

/** What does not go with {@code --kept}. */
final class KeptOption {
  /** What a file of kept units decides. */
  private static final List<String> DECIDED =
      List.of(
          "method",
          "schedule",
          "pruningRatio",
          "targetParameters",
          "targetBytes",
          "firstRatio",
          "lastRatio",
          "rounding",
          "curves");

  private KeptOption() {}

  /**
   * Refuses options beside {@code --kept} that say otherwise what it says.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first
   */
  static void checkAlone(RecipeOptions options) {
    DeclaredOptions<RecipeOptions> declared = DeclaredOptions.of(RecipeOptions.class);
    for (String name : DECIDED) {
      check(
          declared.get(name).in(options) == null,
          "--%s does not go with --kept, whose file says which units stay: leave one of them out",
          name);
    }
    check(
        options.getLayout() == Layout.PER_LAYER,
        "--layout=%s does not go with --kept, whose file says which units stay: leave one of them out",
        options.getLayout().optionName());
    check(
        options.getRoundChannels() == 1 && options.getRoundHeads() == 1,
        "--roundChannels and --roundHeads do not go with --kept, whose file says which units stay: leave them out");
    MethodRow.refuseOwn(options, "--kept");
  }
}
