// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class InstructionSetTest {
  private static final String AVX2 = "flags\t\t: fpu sse avx fma avx2 bmi2";

  @Test
  void isTheWidestThatThereIs() {
    assertThat(InstructionSet.of("amd64", null, List.of("model : x", AVX2)))
        .isEqualTo("amd64 avx2");
    assertThat(
            InstructionSet.of(
                "amd64", null, List.of(AVX2 + " avx512f avx512dq avx512bw avx512vl avx512_bf16")))
        .isEqualTo("amd64 avx512");
    assertThat(InstructionSet.of("amd64", null, List.of(AVX2 + " avx512f")))
        .isEqualTo("amd64 avx2");
    assertThat(InstructionSet.of("aarch64", null, List.of())).isEqualTo("aarch64");
  }

  @Test
  void libtorchCanBeToldToUseAnother() {
    assertThat(InstructionSet.of("amd64", "default", List.of(AVX2))).isEqualTo("amd64 default");
  }
}
