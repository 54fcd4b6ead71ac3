// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import java.util.ArrayList;
import java.util.List;

/** How the sequences of a shard, one below the other, are cut for computing. */
public final class Batches {
  /**
   * Tokens computed at once, unless one sequence alone is longer: bounds the memory for
   * activations.
   */
  public static final int MAX_TOKENS = 4096;

  private Batches() {}

  /**
   * Consecutive, equally long sequences.
   *
   * @param firstToken row at which the batch begins
   * @param sequences number of sequences
   * @param length tokens of each
   */
  public record Batch(int firstToken, int sequences, int length) {
    /** One past the last row. */
    public int end() {
      return firstToken + sequences * length;
    }
  }

  /** Cuts a shard with these sequence lengths, in order. */
  public static List<Batch> of(List<Integer> lengths, int maxTokens) {
    List<Batch> batches = new ArrayList<>();
    int row = 0;
    for (int i = 0; i < lengths.size(); i += batches.get(batches.size() - 1).sequences()) {
      batches.add(at(lengths, i, row, maxTokens));
      row = batches.get(batches.size() - 1).end();
    }
    return batches;
  }

  /** The batch that begins with sequence {@code next} in row {@code row}. */
  static Batch at(List<Integer> lengths, int next, int row, int maxTokens) {
    int length = lengths.get(next);
    int count = 1;
    while (next + count < lengths.size()
        && lengths.get(next + count) == length
        && (count + 1) * length <= maxTokens) {
      count++;
    }
    return new Batch(row, count, length);
  }
}
