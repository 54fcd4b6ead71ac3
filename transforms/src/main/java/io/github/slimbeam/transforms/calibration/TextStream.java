// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.SamplePlan;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.schemas.TokenizedText;
import io.github.slimbeam.schemas.WindowPiece;
import io.github.slimbeam.transforms.storage.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The stream of all texts' tokens that windows are drawn from, which never exists in one place.
 *
 * <p>Texts stand in the order of their digests. Ranges of digests are buckets; the plan knows where
 * in the stream each bucket begins, so a bucket's texts alone give the pieces of windows that lie
 * in it. How many buckets there are decides what travels, never what is drawn.
 */
public final class TextStream {
  private static final String SEPARATOR = "\n\n";

  private TextStream() {}

  /** The tokens of a text and its separator, with its place in the stream. */
  public static TokenizedText tokenize(
      CalibrationText text, TokenizerFile tokenizer, SampleRule rule) {
    String digest = digest(text, rule);
    int[] tokens = tokenizer.encode(text.getText() + SEPARATOR);
    rule.limits().checkTokens(text.getSource(), tokens);
    return new TokenizedText(digest, boxed(tokens));
  }

  /** A text's place in the stream: SHA-256 of seed and text, 64 hexadecimal digits. */
  public static String digest(CalibrationText text, SampleRule rule) {
    check(text.getText() != null, "%s: neither text nor tokens", text.getSource());
    byte[] seed = ByteBuffer.allocate(Long.BYTES).putLong(rule.seed()).array();
    return HexFormat.of()
        .formatHex(Sha256.of(seed, StrictUtf8.encode(text.getText(), text.getSource())));
  }

  /** What a text and its separator count for: its characters, which take a byte each at least. */
  public static long size(CalibrationText text) {
    return (long) text.getText().length() + SEPARATOR.length();
  }

  /** The bucket of a text, from 0: monotonic in its digest. */
  public static int bucket(TokenizedText text, int buckets) {
    return (int) ((Long.parseLong(text.getDigest(), 0, 8, 16) * buckets) >>> 32);
  }

  /**
   * Draws the windows.
   *
   * @param bucketTokens tokens of each bucket that has a text
   * @param sources sources of the windows that are to be taken as they are
   * @param buckets number of buckets
   * @param whole whether these are all texts, not only those at the stream's beginning
   */
  public static SamplePlan plan(
      Map<Integer, Long> bucketTokens,
      List<String> sources,
      int buckets,
      SampleRule rule,
      boolean whole) {
    check(
        !bucketTokens.isEmpty() || !sources.isEmpty(),
        "no text and no input_ids in the calibration files: they are empty");
    check(
        bucketTokens.isEmpty() || sources.isEmpty(),
        "both texts and windows of input_ids (such as %s): calibrate on the one or the other",
        sources.stream().min(Comparator.naturalOrder()).orElse(""));
    if (bucketTokens.isEmpty()) {
      return new SamplePlan(List.of(), List.of(), taken(sources, rule));
    }
    List<Long> starts = new ArrayList<>(buckets + 1);
    long tokens = 0;
    for (int bucket = 0; bucket < buckets; bucket++) {
      starts.add(tokens);
      tokens += bucketTokens.getOrDefault(bucket, 0L);
    }
    starts.add(tokens);
    check(
        whole || tokens / rule.limits().sequenceLength() >= rule.drawn(),
        "the texts that were chosen from all by their number of characters have only %d tokens,"
            + " but %d windows of %d were asked for: lower ⟨sequences⟩ or ⟨sequenceLength⟩, or leave"
            + " out texts of which many characters make a token, such as runs of blanks",
        tokens,
        rule.drawn(),
        rule.limits().sequenceLength());
    List<Long> windows =
        WindowSampler.draw(tokens, rule.drawn(), rule.limits().sequenceLength(), rule.seed());
    return new SamplePlan(starts, windows, List.of());
  }

  /** The buckets in which some window lies, at least in part. */
  public static BitSet touched(SamplePlan plan, int length) {
    BitSet touched = new BitSet();
    List<Long> windows = plan.getWindowStarts();
    for (int bucket = 0; bucket + 1 < plan.getBucketStarts().size(); bucket++) {
      int window = firstReaching(windows, plan.getBucketStarts().get(bucket), length);
      long end = plan.getBucketStarts().get(bucket + 1);
      touched.set(bucket, window < windows.size() && windows.get(window) < end);
    }
    return touched;
  }

  /**
   * The pieces of windows in one bucket.
   *
   * @param texts all texts of that bucket, in any order
   * @param length tokens of a window, T
   */
  public static List<WindowPiece> cut(
      SamplePlan plan, int bucket, Iterable<TokenizedText> texts, int length) {
    List<TokenizedText> sorted = new ArrayList<>();
    texts.forEach(sorted::add);
    sorted.sort(Comparator.comparing(TokenizedText::getDigest));
    List<Long> starts = plan.getWindowStarts();
    List<WindowPiece> pieces = new ArrayList<>();
    long begin = plan.getBucketStarts().get(bucket);
    for (TokenizedText text : sorted) {
      long end = begin + text.getTokens().size();
      for (int window = firstReaching(starts, begin, length);
          window < starts.size() && starts.get(window) < end;
          window++) {
        long from = Math.max(begin, starts.get(window));
        long to = Math.min(end, starts.get(window) + length);
        List<Integer> tokens = text.getTokens().subList((int) (from - begin), (int) (to - begin));
        pieces.add(
            new WindowPiece(window, (int) (from - starts.get(window)), new ArrayList<>(tokens)));
      }
      begin = end;
    }
    return pieces;
  }

  /** A window from all its pieces, in any order. */
  public static TokenSequence assemble(int window, Iterable<WindowPiece> pieces, int length) {
    List<WindowPiece> sorted = new ArrayList<>();
    pieces.forEach(sorted::add);
    sorted.sort(Comparator.comparing(WindowPiece::getBegin));
    List<Integer> tokens = new ArrayList<>(length);
    for (WindowPiece piece : sorted) {
      if (piece.getBegin() != tokens.size()) {
        throw new IllegalStateException("window " + window + " has a gap or an overlap");
      }
      tokens.addAll(piece.getTokens());
    }
    if (tokens.size() != length) {
      throw new IllegalStateException("window " + window + " has " + tokens.size() + " tokens");
    }
    return new TokenSequence(window, tokens);
  }

  /** The place in the sample of a window that is taken as it is; negative if it is not taken. */
  public static int index(SamplePlan plan, String source) {
    return Collections.binarySearch(plan.getSources(), source);
  }

  /** The first window that begins at {@code begin} or later, or reaches beyond it. */
  private static int firstReaching(List<Long> starts, long begin, int length) {
    int found = Collections.binarySearch(starts, begin - length + 1);
    return found >= 0 ? found : -found - 1;
  }

  private static List<String> taken(List<String> sources, SampleRule rule) {
    Set<String> seen = new HashSet<>();
    for (String source : sources) {
      check(seen.add(source), "two windows of input_ids have the same source %s", source);
    }
    return new ArrayList<>(sources.stream().sorted().limit(rule.taken(sources.size())).toList());
  }

  private static List<Integer> boxed(int[] tokens) {
    List<Integer> boxed = new ArrayList<>(tokens.length);
    for (int token : tokens) {
      boxed.add(token);
    }
    return boxed;
  }
}
