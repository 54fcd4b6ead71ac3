// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How many FFN channels go at once (Dynamic Group Size): many while plenty are left to take, few
 * towards the end. The figures are for 11,008 channels and scale with the width.
 */
public enum GroupSizes {
  /**
   * “Such as 1024”, shrinking to “a small number like 8” (paper, 4.2, which gives no formula): a
   * quarter of what remains to be removed, in multiples of 8, between 8 and 1024 · width / 11,008.
   */
  GEOMETRIC,
  /**
   * The authors' code: b₀ = (target − 512)/2, then b ← (b − 512)/2; each group is b, at least 64
   * and at most 1024; the three constants scaled by width / 11,008.
   */
  AUTHORS,
  /** Always the same number, 128 · width / 11,008: the paper's ablation “−DGS”. */
  FIXED;

  private static final int REFERENCE_WIDTH = 11_008;

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The sizes of the groups that together remove {@code target} of {@code width} channels. */
  public int[] of(int target, int width) {
    check(target >= 0 && target < width, "cannot remove %d of %d channels", target, width);
    List<Integer> sizes = new ArrayList<>();
    int remaining = target;
    int authors = Math.floorDiv(target - scaled(512, width), 2);
    while (remaining > 0) {
      int size =
          switch (this) {
            case GEOMETRIC -> Math.max(8, Math.min(scaled(1024, width), remaining / 4 / 8 * 8));
            case AUTHORS -> Math.min(Math.max(authors, scaled(64, width)), scaled(1024, width));
            case FIXED -> scaled(128, width);
          };
      authors = Math.floorDiv(authors - scaled(512, width), 2);
      size = Math.min(size, remaining);
      sizes.add(size);
      remaining -= size;
    }
    return sizes.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int scaled(int channels, int width) {
    return Math.max(1, (int) ((long) channels * width / REFERENCE_WIDTH));
  }
}
