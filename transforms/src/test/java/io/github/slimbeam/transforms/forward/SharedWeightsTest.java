// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedWeightsTest {
  private final AtomicInteger loads = new AtomicInteger();

  @Test
  void twoLeasesShareOneCopyUntilTheLastCloses() throws IOException {
    int before = SharedWeights.inUse();
    SharedWeights.Lease first = SharedWeights.acquire("a", this::load);
    SharedWeights.Lease second = SharedWeights.acquire("a", this::load);
    assertThat(second.weights()).isSameAs(first.weights());
    assertThat(loads).hasValue(1);
    assertThat(SharedWeights.inUse()).isEqualTo(before + 1);
    NDArray tensor = first.weights().closing();
    first.close();
    first.close();
    assertThat(tensor.isReleased()).as("closing a lease twice counts once").isFalse();
    second.close();
    assertThat(tensor.isReleased()).isTrue();
    assertThat(SharedWeights.inUse()).isEqualTo(before);
    try (SharedWeights.Lease again = SharedWeights.acquire("a", this::load)) {
      assertThat(again.weights().closing().isReleased()).isFalse();
      assertThat(loads).hasValue(2);
    }
  }

  /** Runners that cut a stage in many bundles lease the same again and again. */
  @Test
  void theLatestOfARunIsKeptAndNoOther() throws IOException {
    int before = SharedWeights.inUse();
    SharedWeights.Lease first = SharedWeights.acquireKept("run 1", this::load);
    NDArray tensor = first.weights().closing();
    first.close();
    assertThat(SharedWeights.inUse()).isEqualTo(before);
    try (SharedWeights.Lease again = SharedWeights.acquireKept("run 1", this::load)) {
      assertThat(again.weights().closing()).isSameAs(tensor);
      assertThat(loads).hasValue(1);
    }
    SharedWeights.acquireKept("run 2", this::load).close();
    assertThat(tensor.isReleased()).isTrue();
    try (SharedWeights.Lease again = SharedWeights.acquireKept("run 2", this::load)) {
      assertThat(loads).hasValue(2);
      again.close();
      SharedWeights.dropIdle();
      assertThat(again.weights().closing().isReleased()).isTrue();
    }
  }

  @Test
  void differentKeysAreDifferentWeights() throws IOException {
    try (SharedWeights.Lease a = SharedWeights.acquire("a", this::load);
        SharedWeights.Lease b = SharedWeights.acquire("b", this::load)) {
      assertThat(a.weights()).isNotSameAs(b.weights());
    }
  }

  @Test
  void aLoaderThatFailsLeavesNothing() throws IOException {
    int before = SharedWeights.inUse();
    List<NDArray> made = new ArrayList<>();
    assertThatThrownBy(
            () ->
                SharedWeights.acquire(
                    "a",
                    scope -> {
                      made.add(load(scope).closing());
                      throw new BadInputException("damaged");
                    }))
        .hasMessage("damaged");
    assertThat(made.get(0).isReleased()).isTrue();
    assertThat(SharedWeights.inUse()).isEqualTo(before);
    try (SharedWeights.Lease after = SharedWeights.acquire("a", this::load)) {
      assertThat(after.weights().closing().isReleased()).isFalse();
    }
  }

  @Test
  void manyThreadsNeverSeeReleasedWeights() throws Exception {
    int before = SharedWeights.inUse();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        futures.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    try (SharedWeights.Lease lease = SharedWeights.acquire("t", this::load)) {
                      assertThat(lease.weights().closing().toDoubleArray()).containsExactly(1, 2);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      threads.shutdown();
    }
    assertThat(SharedWeights.inUse()).isEqualTo(before);
  }

  private SublayerWeights load(TorchScope scope) {
    loads.incrementAndGet();
    return new SublayerWeights(
        0,
        SublayerKind.FFN,
        new LayerShape(1, 1, 2),
        Map.of("closing.weight", scope.float64(new double[] {1, 2}, 1, 2)),
        Map.of());
  }
}
