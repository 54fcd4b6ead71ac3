// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** With the program of the same name among the test resources. */
class TorchProgramTest {
  private static final TorchProgram PROGRAM = TorchProgram.of(TorchProgramTest.class);

  @Test
  void theArchiveIsAlwaysTheSame() {
    byte[] archive = PROGRAM.archive();
    assertThat(TorchProgram.of(TorchProgramTest.class).archive()).isEqualTo(archive);
    archive[0]++;
    assertThat(PROGRAM.archive()).as("a copy").isNotEqualTo(archive);
  }

  @Test
  void argumentsOfEveryKindArrive() {
    try (TorchScope scope = TorchScope.open()) {
      Map<String, NDArray> tensors = Map.of("x", scope.float64(new double[] {1, 2}, 2));
      NDArray result =
          PROGRAM.call(scope, "combine", tensors, "x", 3, 0.5, true, new int[] {7, 100});
      assertThat(result.toDoubleArray()).containsExactly(103.5, 106.5);
      assertThat(PROGRAM.call(scope, "combine", tensors, "x", 3L, 0.5, false, new int[0]))
          .satisfies(r -> assertThat(r.toDoubleArray()).containsExactly(3.5, 6.5));
      assertThatThrownBy(() -> PROGRAM.call(scope, "both", 1f))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("TorchProgramTest: argument 1.0 has no TorchScript type here");
    }
  }

  @Test
  void dtypesHaveNames() {
    try (TorchScope scope = TorchScope.open()) {
      NDArray w = scope.float64(new double[] {3, 1.0009765625, 4, -70000}, 2, 2);
      assertThat(PROGRAM.call(scope, "norms", w, 1).toDoubleArray())
          .containsExactly(7, 70001.0009765625);
      assertThat(rounded(scope, w, "F64")).containsExactly(3, 1.0009765625, 4, -70000);
      assertThat(rounded(scope, w, "F32")).containsExactly(3, 1.0009765625, 4, -70000);
      assertThat(rounded(scope, w, "F16"))
          .containsExactly(3, 1.0009765625, 4, Double.NEGATIVE_INFINITY);
      assertThat(rounded(scope, w, "BF16")).containsExactly(3, 1, 4, -70144);
      assertThat(rounded(scope, w, "I32")).containsExactly(3, 1, 4, -70000);
      assertThat(rounded(scope, w, "I64")).containsExactly(3, 1, 4, -70000);
      assertThatThrownBy(() -> rounded(scope, w, "F8")).hasMessageContaining("F8");
    }
  }

  private static double[] rounded(TorchScope scope, NDArray tensor, String type) {
    return PROGRAM.call(scope, "rounded", tensor, type).toDoubleArray();
  }

  @Test
  void anErrorInTheScriptSurfacesAndLeavesTheProgramUsable() {
    try (TorchScope scope = TorchScope.open()) {
      NDArray a = scope.zeros(DataType.FLOAT64, 2, 3);
      assertThatThrownBy(() -> PROGRAM.call(scope, "product", a, a))
          .hasMessageContaining("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
      assertThatThrownBy(() -> PROGRAM.call(scope, "none", a)).hasMessageContaining("none");
      assertThat(PROGRAM.call(scope, "product", a, a.transpose()).getShape().getShape())
          .containsExactly(2, 2);
    }
  }

  @Test
  void aClassWithoutAProgramIsNamed() {
    assertThatThrownBy(() -> TorchProgram.of(String.class))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no resource String.torchscript beside java.lang.String");
  }

  @Test
  void resultsBelongToTheScope() {
    List<NDArray> results;
    NDArray adopted;
    try (TorchScope outer = TorchScope.open()) {
      try (TorchScope inner = outer.nested()) {
        results = PROGRAM.callTuple(inner, "both", inner.float64(new double[] {1, -2}, 2));
        assertThat(results.get(0).toDoubleArray()).containsExactly(-1, 2);
        assertThat(results.get(1).toDoubleArray()).containsExactly(2, -4);
        adopted = outer.adopt(results.get(1));
      }
      assertThat(results.get(0).isReleased()).isTrue();
      assertThat(adopted.toDoubleArray()).containsExactly(2, -4);
    }
    assertThat(adopted.isReleased()).isTrue();
  }

  @Test
  void twoThousandCallsLeaveNoMemoryBehind() throws IOException {
    call(200);
    long before = residentBytes();
    call(2000);
    // 2000 calls make 3 GB; allocators and the Java heap may grow by less than a tenth of it.
    assertThat(residentBytes() - before).isLessThan(300L << 20);
  }

  private static void call(int times) {
    for (int i = 0; i < times; i++) {
      try (TorchScope scope = TorchScope.open()) {
        NDArray a = scope.zeros(DataType.FLOAT64, 256, 256);
        PROGRAM.callTuple(scope, "both", PROGRAM.call(scope, "product", a, a));
        PROGRAM.call(scope, "combine", Map.of("x", a), "x", 3, 0.5, false, new int[0]);
      }
    }
  }

  private static long residentBytes() throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(l -> l.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
  }
}
