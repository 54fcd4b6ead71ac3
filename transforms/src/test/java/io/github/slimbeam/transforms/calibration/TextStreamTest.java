// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.SamplePlan;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.schemas.TokenizedText;
import io.github.slimbeam.schemas.WindowPiece;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextStreamTest {
  private static final SampleRule RULE = new SampleRule(25, 3, new TokenLimits(17, 1024));

  /** Digests and tokens made up; the oracle sorts everything into one list and cuts. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 64, 4096})
  void cutsTheWindowsOfTheConcatenatedStream(int buckets) {
    List<TokenizedText> texts = texts();
    List<Integer> stream = new ArrayList<>();
    texts.stream()
        .sorted(Comparator.comparing(TokenizedText::getDigest))
        .forEach(text -> stream.addAll(text.getTokens()));
    List<TokenSequence> expected = new ArrayList<>();
    for (long start : WindowSampler.draw(stream.size(), 25, 17, 3)) {
      expected.add(
          new TokenSequence(expected.size(), stream.subList((int) start, (int) start + 17)));
    }
    assertThat(sample(texts, buckets)).isEqualTo(expected);
  }

  @Test
  void putsDigestsIntoBucketsInOrder() {
    assertThat(TextStream.bucket(text("00000000"), 4096)).isZero();
    assertThat(TextStream.bucket(text("7fffffff"), 3)).isEqualTo(1);
    assertThat(TextStream.bucket(text("ffffffff"), 4096)).isEqualTo(4095);
    assertThat(TextStream.bucket(text("ffffffff"), Integer.MAX_VALUE))
        .isEqualTo(Integer.MAX_VALUE - 1);
  }

  @Test
  void tokenisesTheTextAndTwoNewlines() {
    try (TokenizerFile tokenizer = tokenizer()) {
      CalibrationText text = new CalibrationText("a:1", "There once", null);
      TokenizedText tokenized = TextStream.tokenize(text, tokenizer, RULE);
      assertThat(tokenized.getTokens())
          .containsExactlyElementsOf(
              Arrays.stream(tokenizer.encode("There once\n\n")).boxed().toList());
      assertThat(tokenized.getDigest()).hasSize(64);
      SampleRule otherSeed = new SampleRule(25, 4, RULE.limits());
      assertThat(TextStream.tokenize(text, tokenizer, otherSeed).getDigest())
          .isNotEqualTo(tokenized.getDigest());
    }
  }

  @Test
  void namesATextThatTheModelCannotTake() {
    SampleRule small = new SampleRule(1, 0, new TokenLimits(4, 20));
    try (TokenizerFile tokenizer = tokenizer()) {
      assertThatThrownBy(
              () ->
                  TextStream.tokenize(
                      new CalibrationText("a.txt:7", "There", null), tokenizer, small))
          .isInstanceOf(BadInputException.class)
          .hasMessageMatching(
              "a.txt:7: the tokenizer gives token id \\d+, but the vocabulary has 20 tokens:"
                  + " tokenizer.json is another model's");
      assertThatThrownBy(
              () -> TextStream.tokenize(new CalibrationText("a:7", null, null), tokenizer, small))
          .isInstanceOf(BadInputException.class)
          .hasMessage("a:7: neither text nor tokens");
    }
  }

  @Test
  void ranksWindowsBySource() {
    SamplePlan all = plan(Map.of(), List.of("b", "c", "a"), 0);
    assertThat(all.getSources()).containsExactly("a", "b", "c");
    SamplePlan two = plan(Map.of(), List.of("b", "c", "a"), 2);
    assertThat(TextStream.index(two, "b")).isEqualTo(1);
    assertThat(TextStream.index(two, "c")).isNegative();
  }

  @Test
  void saysWhyThereIsNoSample() {
    assertThatThrownBy(() -> plan(Map.of(), List.of(), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("no text and no input_ids in the calibration files: they are empty");
    assertThatThrownBy(() -> plan(Map.of(0, 9L), List.of("b:2", "a:1"), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "both texts and windows of input_ids (such as a:1): calibrate on the one or the other");
    assertThatThrownBy(() -> plan(Map.of(), List.of("a:1", "a:1"), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("two windows of input_ids have the same source a:1");
    assertThatThrownBy(() -> plan(Map.of(), List.of("a:1", "a:2"), 3))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "found 2 windows of input_ids, but 3 were asked for: lower sequences, or give more windows");
    assertThatThrownBy(() -> plan(Map.of(0, 127L), List.of(), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("127 windows of 1 tokens, but 128 were asked for");
  }

  @Test
  void stopsAtAWindowThatIsNotWhole() {
    WindowPiece piece = new WindowPiece(4, 0, List.of(1, 2));
    assertThatThrownBy(() -> TextStream.assemble(4, List.of(piece, piece), 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("window 4 has a gap or an overlap");
    assertThatThrownBy(() -> TextStream.assemble(4, List.of(piece), 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("window 4 has 2 tokens");
  }

  private static List<TokenSequence> sample(List<TokenizedText> texts, int buckets) {
    Map<Integer, Long> counts = new HashMap<>();
    Map<Integer, List<TokenizedText>> groups = new HashMap<>();
    for (TokenizedText text : texts) {
      int bucket = TextStream.bucket(text, buckets);
      counts.merge(bucket, (long) text.getTokens().size(), Long::sum);
      groups.computeIfAbsent(bucket, b -> new ArrayList<>()).add(text);
    }
    SamplePlan plan = TextStream.plan(counts, List.of(), buckets, RULE, true);
    Map<Integer, List<WindowPiece>> pieces = new HashMap<>();
    groups.forEach(
        (bucket, group) -> {
          List<WindowPiece> cut = TextStream.cut(plan, bucket, group, 17);
          assertThat(TextStream.touched(plan, 17).get(bucket)).isEqualTo(!cut.isEmpty());
          cut.forEach(p -> pieces.computeIfAbsent(p.getWindow(), w -> new ArrayList<>()).add(p));
        });
    List<TokenSequence> sample = new ArrayList<>();
    pieces.forEach(
        (window, parts) -> {
          Collections.reverse(parts);
          sample.add(TextStream.assemble(window, parts, 17));
        });
    sample.sort(Comparator.comparing(TokenSequence::getIndex));
    return sample;
  }

  private static List<TokenizedText> texts() {
    Random random = new Random(11);
    List<TokenizedText> texts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String digest = String.format("%08x", random.nextInt());
      List<Integer> tokens = random.ints(random.nextInt(40), 0, 1024).boxed().toList();
      texts.add(new TokenizedText(digest, tokens));
    }
    texts.addAll(texts.subList(0, 3));
    return texts;
  }

  private static SamplePlan plan(Map<Integer, Long> tokens, List<String> sources, int sequences) {
    SampleRule rule = new SampleRule(sequences, 0, new TokenLimits(1, 1024));
    return TextStream.plan(tokens, sources, 16, rule, true);
  }

  private static TokenizedText text(String digest) {
    return new TokenizedText(digest, List.of());
  }

  private static TokenizerFile tokenizer() {
    return TokenizerFile.open(new FileSystemsStorage(), "../pipelines/examples/story-llama");
  }
}
