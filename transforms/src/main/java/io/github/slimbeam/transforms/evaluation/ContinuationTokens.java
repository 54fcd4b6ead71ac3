// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * A choice as tokens. Context and continuation are tokenised together and cut where the context's
 * own tokens end; spaces at the context's end go to the continuation first. What is too long for
 * the model loses tokens on the left. An empty context is the model's token for the beginning, or
 * else for the end, of a text. A context that begins with that token gets no second one.
 */
public final class ContinuationTokens implements AutoCloseable {

  /**
   * A choice's tokens.
   *
   * @param tokens context and continuation
   * @param scored how many of them, from the end, are the continuation's
   * @param cut whether the context lost tokens
   */
  public record Encoded(List<Integer> tokens, int scored, boolean cut) {}

  private final TokenizerFile joint;
  private final TokenizerFile plain;
  private final TokenLimits limits;
  private final OptionalInt first;

  private ContinuationTokens(
      TokenizerFile joint, TokenizerFile plain, TokenLimits limits, OptionalInt first) {
    this.joint = joint;
    this.plain = plain;
    this.limits = limits;
    this.first = first;
  }

  /**
   * With the tokenizer in a model's directory.
   *
   * @param specialTokens whether the tokenizer adds its own to each text, such as one that begins
   *     it
   * @param limits the model's context and vocabulary
   * @param first the token that is an empty context, if the model has one
   * @throws io.github.slimbeam.transforms.storage.BadInputException if there is no tokenizer
   */
  public static ContinuationTokens open(
      Storage storage,
      String directory,
      boolean specialTokens,
      TokenLimits limits,
      OptionalInt first) {
    return new ContinuationTokens(
        TokenizerFile.open(storage, directory, specialTokens),
        TokenizerFile.onDemand(storage, directory),
        limits,
        first);
  }

  /**
   * Encodes a choice.
   *
   * @param source where the question was read, for messages
   * @throws io.github.slimbeam.transforms.storage.BadInputException if its continuation has no
   *     tokens, more than the model's context, or unknown ones
   */
  public Encoded encode(ChoiceText choice, String source) {
    String context = choice.getContext();
    int end = context.length() - PythonText.trailingSpaces(context);
    String continuation = context.substring(end) + choice.getContinuation();
    if (end == 0) {
      return cut(start(plain.encode(continuation), source), 1, continuation, source);
    }
    String read = context.substring(0, end);
    int[] both = joint.encode(read + continuation);
    if (beginsTwice(both)) {
      return cut(
          plain.encode(read + continuation), plain.encode(read).length, continuation, source);
    }
    return cut(both, joint.encode(read).length, continuation, source);
  }

  /** Whether the tokenizer put a beginning before a text that brings its own. */
  private boolean beginsTwice(int[] tokens) {
    return first.isPresent()
        && tokens.length > 1
        && tokens[0] == first.getAsInt()
        && tokens[1] == first.getAsInt();
  }

  /** Puts the beginning of a text before tokens that do not have it yet. */
  private int[] start(int[] tokens, String source) {
    check(
        first.isPresent(),
        "%s: the context is empty, and the model's config.json has neither bos_token_id nor"
            + " eos_token_id to begin with",
        source);
    if (tokens.length > 0 && tokens[0] == first.getAsInt()) {
      return tokens;
    }
    int[] all = new int[tokens.length + 1];
    all[0] = first.getAsInt();
    System.arraycopy(tokens, 0, all, 1, tokens.length);
    return all;
  }

  private Encoded cut(int[] all, int context, String continuation, String source) {
    int scored = all.length - context;
    check(
        scored > 0,
        "%s: the choice \"%s\" has no token of its own behind its context",
        source,
        continuation);
    check(
        scored <= limits.sequenceLength(),
        "%s: a choice of %d tokens, but the model's context has %d",
        source,
        scored,
        limits.sequenceLength());
    limits.checkTokens(source, all);
    // The last token is predicted and not read, so one more than the context fits.
    int kept = Math.min(all.length, limits.sequenceLength() + 1);
    List<Integer> tokens = Arrays.stream(all, all.length - kept, all.length).boxed().toList();
    return new Encoded(tokens, scored, kept < all.length);
  }

  @Override
  public void close() {
    joint.close();
    plain.close();
  }
}
