// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options beside {@code --kept}, and files that it cannot take. */
class BadKeptUnitsTest {
  @TempDir private Path directory;

  /** A file of kept units leaves nothing to decide of what goes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method=slimbeam | --method does not go with --kept, whose file says which units stay",
        "schedule=uniform | --schedule does not go with --kept",
        "pruningRatio=0.3 | --pruningRatio does not go with --kept",
        "targetParameters=1000000 | --targetParameters does not go with --kept",
        "firstRatio=0.1 | --firstRatio does not go with --kept",
        "lastRatio=0.1 | --lastRatio does not go with --kept",
        "rounding=nearest | --rounding does not go with --kept",
        "curves=c.avro | --curves does not go with --kept",
        "layout=uniform | --layout=uniform does not go with --kept",
        "targetBytes=2000000 | --targetBytes does not go with --kept",
        "roundChannels=32 | --roundChannels and --roundHeads do not go with --kept",
        "roundHeads=2 | --roundChannels and --roundHeads do not go with --kept",
        "headScore=exact | --headScore belongs to --method=slimgpt and means nothing to --kept",
        "damping=0.1 | --damping belongs to --method=slimgpt and means nothing to --kept",
        "keepLowest=true | --keepLowest belongs to --method=slimllm and means nothing to --kept",
        "recovery=bias | --target=dense does not go with --recovery=bias",
        "target=self | --refit=full does not go with --target=self",
        "seed=1 | units.json: layers[0].groups: 2 after 3, expected ascending numbers, each once",
      })
  void namesWhatAFileOfKeptUnitsDecides(String option, String message) throws IOException {
    Trial trial = Trial.in(directory).without("method");
    Files.writeString(
        trial.path("units.json"),
        "{\"layers\": ["
            + "{\"groups\": [3, 2], \"channels\": [0]},".repeat(5)
            + "{\"groups\": [0], \"channels\": [0]}]}");
    int equals = option.indexOf('=');
    trial
        .with("kept", trial.path("units.json"))
        .with(option.substring(0, equals), option.substring(equals + 1))
        .isRefused(message);
  }

  @Test
  void namesKeptUnitsThatAreNotThere() throws IOException {
    Trial trial = Trial.in(directory).without("method");
    Path nowhere = trial.path("nowhere");
    trial
        .with("kept", nowhere)
        .isRefused("--kept=" + nowhere + ": expected a JSON file of kept units");
  }
}
