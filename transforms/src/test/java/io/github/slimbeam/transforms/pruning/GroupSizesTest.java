// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GroupSizesTest {
  private static final int WIDTH = 11_008;

  @Test
  void theAuthorsSizesAreThoseOfTheirCode() {
    assertAuthors(688, 11, List.of(88), 9, 24);
    assertAuthors(1376, 16, List.of(432), 14, 48);
    assertAuthors(2752, 25, List.of(1024, 304), 22, 16);
    assertAuthors(5504, 54, List.of(1024, 992, 240), 50, 48);
    assertAuthors(7224, 77, List.of(1024, 1024, 455), 73, 49);
  }

  /** The authors' sequences: the first sizes, then so many of 64, then a rest. */
  private static void assertAuthors(
      int target, int iterations, List<Integer> first, int floors, int rest) {
    List<Integer> expected =
        Stream.of(first, Collections.nCopies(floors, 64), List.of(rest))
            .flatMap(List::stream)
            .toList();
    assertThat(expected).hasSize(iterations);
    assertThat(list(GroupSizes.AUTHORS.of(target, WIDTH))).isEqualTo(expected);
  }

  @Test
  void geometricSizesShrinkFromAThousandToEight() {
    List<Integer> sizes = list(GroupSizes.GEOMETRIC.of(5504, WIDTH));
    assertThat(sizes.subList(0, 3)).containsExactly(1024, 1024, 864);
    assertThat(sizes).isSortedAccordingTo(Collections.reverseOrder()).last().isEqualTo(8);
    assertThat(GroupSizes.GEOMETRIC.of(20, 352)).containsExactly(8, 8, 4);
  }

  @Test
  void fixedSizesAreAllTheSame() {
    assertThat(GroupSizes.FIXED.of(300, WIDTH)).containsExactly(128, 128, 44);
    assertThat(GroupSizes.FIXED.of(10, 352)).containsExactly(4, 4, 2);
  }

  @ParameterizedTest
  @EnumSource
  void sizesArePositiveAndAddUpToTheTarget(GroupSizes sizes) {
    for (int width : List.of(1, 2, 24, 352, 1000, WIDTH)) {
      IntStream.of(0, 1, width / 5, width / 2, width - 1)
          .filter(target -> target < width)
          .forEach(
              target -> {
                int[] groups = sizes.of(target, width);
                assertThat(list(groups)).allMatch(size -> size > 0);
                assertThat(Arrays.stream(groups).sum()).isEqualTo(target);
              });
    }
  }

  @ParameterizedTest
  @EnumSource
  void noMoreThanAllButOneCanGo(GroupSizes sizes) {
    assertThatThrownBy(() -> sizes.of(24, 24))
        .isInstanceOf(BadInputException.class)
        .hasMessage("cannot remove 24 of 24 channels");
    assertThatThrownBy(() -> sizes.of(-1, 24)).hasMessage("cannot remove -1 of 24 channels");
  }

  private static List<Integer> list(int[] sizes) {
    return Arrays.stream(sizes).boxed().toList();
  }
}
