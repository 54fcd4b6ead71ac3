// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.MemoryShortage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import org.junit.jupiter.api.Test;

class PruneMemoryTest {
  private static final SublayerKey KEY = new SublayerKey(31, SublayerKind.FFN);

  @Test
  void twoSquareMatricesInFloat64() {
    assertThat(PruneMemory.bytes(11008)).isEqualTo(2L * 11008 * 11008 * 8);
    assertThat(PruneMemory.bytes(1 << 20)).as("no overflow").isEqualTo(1L << 44);
  }

  @Test
  void aStepWithoutMemorySaysWhichAndHowMuch() {
    assertThatThrownBy(() -> PruneMemory.need(KEY, 11008, MemoryShortage::meet))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            "layer 31 FFN: pruning 11008 columns does not fit in the device's memory: it takes about 1.9 GB:"
                + " choose another device (the CPU has the host's memory) or fewer slots per device"
                + " (cpu: ")
        .hasMessageContaining("can't allocate memory");
  }

  @Test
  void aMethodWithoutMemorySaysSoWhateverItsRecovery() {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem =
          new PruningProblem(
              "model",
              KEY,
              scope.zeros(DataType.FLOAT64, 2, 6),
              List.of(),
              new Moments(
                  1,
                  scope.zeros(DataType.FLOAT64, 6),
                  Gram.of(scope.zeros(DataType.FLOAT64, 6, 6)),
                  scope.zeros(DataType.FLOAT64, 2)),
              6,
              1,
              1);
      for (Recovery recovery : Recovery.values()) {
        assertThatThrownBy(() -> new Combination(new Hungry(), recovery).prune(scope, problem))
            .isInstanceOf(BadInputException.class)
            .hasMessageStartingWith("layer 31 FFN: pruning 6 columns does not fit");
      }
    }
  }

  /** Needs more than there is. */
  private record Hungry() implements PruningMethod {
    private static final long serialVersionUID = 1;

    @Override
    public Profile profile() {
      return new Profile("hungry", "none", Needs.MOMENTS, Recovery.NONE, "uniform");
    }

    @Override
    public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
      throw MemoryShortage.meet();
    }
  }
}
