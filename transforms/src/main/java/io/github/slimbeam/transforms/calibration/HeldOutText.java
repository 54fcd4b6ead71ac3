// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Text that perplexity is measured on: each file tokenised whole and cut into windows of T tokens
 * side by side; what is left at a file's end is dropped.
 *
 * <p>A plain file is one text exactly as it is; the texts of JSON lines or Parquet are joined,
 * empty ones too, as the {@link WindowProtocol} says; its windows of {@code input_ids} are taken as
 * they are. Windows are numbered through all files.
 *
 * <p><em>Cost</em>: one file at a time in memory: WikiText-2's test set has 1.3 MB.
 */
public final class HeldOutText {
  private final TokenizerFile tokenizer;
  private final TokenLimits limits;
  private final TextJoin join;
  private final Consumer<TokenSequence> windows;
  private int count;
  private long tokens;

  public HeldOutText(
      TokenizerFile tokenizer, TokenLimits limits, TextJoin join, Consumer<TokenSequence> windows) {
    this.tokenizer = tokenizer;
    this.limits = limits;
    this.join = join;
    this.windows = windows;
  }

  /**
   * Hands on the windows of a file that is one text.
   *
   * @param bytes the file's content, decompressed
   */
  public void readWhole(String path, InputStream bytes) throws IOException {
    cut(path, TextFile.readWhole(path, bytes));
  }

  /**
   * Hands on the windows of a file of many texts, or of windows.
   *
   * @param all in the file's order
   */
  public void join(String path, List<CalibrationText> all) {
    List<String> texts = new ArrayList<>();
    List<CalibrationText> taken = new ArrayList<>();
    for (CalibrationText text : all) {
      if (text.getText() != null) {
        texts.add(text.getText());
      } else {
        taken.add(text);
      }
    }
    check(
        texts.isEmpty() || taken.isEmpty(),
        "%s: both texts and input_ids: put them into two files",
        path);
    if (!texts.isEmpty()) {
      cut(path, String.join(join.separator(), texts));
    }
    for (CalibrationText window : taken) {
      limits.checkWindow(window);
      windows.accept(new TokenSequence(count++, window.getTokens()));
    }
  }

  /**
   * To be called after the last file.
   *
   * @param pattern what the files were asked for by
   * @throws BadInputException if there was not one whole window
   */
  public void checkAny(String pattern) {
    check(
        count > 0,
        "%s: %d tokens in all, not one whole window of %d: lower ⟨sequenceLength⟩, or give more text",
        pattern,
        tokens,
        limits.sequenceLength());
  }

  private void cut(String path, String text) {
    int[] ids = tokenizer.encode(text);
    limits.checkTokens(path, ids);
    tokens += ids.length;
    int length = limits.sequenceLength();
    for (int begin = 0; begin + length <= ids.length; begin += length) {
      List<Integer> window = Arrays.stream(ids, begin, begin + length).boxed().toList();
      windows.accept(new TokenSequence(count++, window));
    }
  }
}
