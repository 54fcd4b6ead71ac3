// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.calibration.LongText;
import io.github.slimbeam.transforms.calibration.SampleRule;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.calibration.TextStream;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.calibration.WindowSampler;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.GenerateSequence;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(TestPipelineExtension.class)
class SampleSequencesTest {
  private static final String MODEL = "../pipelines/examples/story-llama";
  private static final AtomicInteger COMPLETED = new AtomicInteger();
  private static final SampleSequences SAMPLE =
      SampleSequences.using(MODEL)
          .withSequences(24)
          .withSequenceLength(128)
          .withSeed(5)
          .withVocabularySize(1024);

  /** Sorts, concatenates, cuts: all in one heap. */
  static List<TokenSequence> oracle(List<CalibrationText> texts, int n, int length, long seed)
      throws Exception {
    TreeMap<String, List<Integer>> byDigest = new TreeMap<>();
    try (TokenizerFile tokenizer = TokenizerFile.open(new FileSystemsStorage(), MODEL)) {
      for (CalibrationText text : texts) {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        sha.update(ByteBuffer.allocate(8).putLong(seed).flip());
        String digest = HexFormat.of().formatHex(sha.digest(text.getText().getBytes(UTF_8)));
        List<Integer> tokens = byDigest.computeIfAbsent(digest, d -> new ArrayList<>());
        Arrays.stream(tokenizer.encode(text.getText() + "\n\n")).forEach(tokens::add);
      }
    }
    List<Integer> stream = byDigest.values().stream().flatMap(List::stream).toList();
    List<TokenSequence> sample = new ArrayList<>();
    for (long start : WindowSampler.draw(stream.size(), n, length, seed)) {
      sample.add(
          new TokenSequence(sample.size(), stream.subList((int) start, (int) start + length)));
    }
    return sample;
  }

  @ParameterizedTest
  @CsvSource({"4096,0", "4096,1", "1,2", "3,3", "200,4", "65536,5"})
  void drawsTheOraclesWindowsInAnyOrderAndDivision(int buckets, int shuffle, TestPipeline pipeline)
      throws Exception {
    List<CalibrationText> texts = stories();
    List<TokenSequence> expected = oracle(texts, 24, 128, 5);
    Collections.shuffle(texts, new Random(shuffle));
    PAssert.that(read(pipeline, texts).apply(SAMPLE.withBuckets(buckets)))
        .containsInAnyOrder(expected);
    pipeline.run();
  }

  /** The oracle sees those texts alone that come first by their digests, up to the budget. */
  @ParameterizedTest
  @CsvSource({"20000,4096,1", "20000,3,2", "60000,1,3", "10000000,200,4"})
  void drawsFromTheStreamsBeginningWhereThereIsMoreTextThanNeeded(
      long budget, int buckets, int shuffle, TestPipeline pipeline) throws Exception {
    List<CalibrationText> texts = stories();
    TreeMap<Integer, List<CalibrationText>> ranges = new TreeMap<>();
    SampleRule rule = new SampleRule(24, 5, new TokenLimits(64, 1024));
    for (CalibrationText text : texts) {
      int range = Integer.parseInt(TextStream.digest(text, rule).substring(0, 4), 16);
      ranges.computeIfAbsent(range, r -> new ArrayList<>()).add(text);
    }
    List<CalibrationText> first = new ArrayList<>();
    long size = 0;
    for (List<CalibrationText> range : ranges.values()) {
      if (size < budget) {
        first.addAll(range);
        size += range.stream().mapToLong(t -> t.getText().length() + 2).sum();
      }
    }
    assertThat(first.size() < texts.size()).isEqualTo(budget < 10_000_000);
    List<TokenSequence> expected = oracle(first, 24, 64, 5);
    Collections.shuffle(texts, new Random(shuffle));
    SampleSequences sample = SAMPLE.withSequenceLength(64).withBuckets(buckets).withBudget(budget);
    PAssert.that(read(pipeline, texts).apply(sample)).containsInAnyOrder(expected);
    pipeline.run();
  }

  @Test
  void saysThatTheChosenTextsAreTooFew(TestPipeline pipeline) throws Exception {
    read(pipeline, stories()).apply(SAMPLE.withBudget(100));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining(
            "the texts that were chosen from all by their number of characters")
        .hasStackTraceContaining("but 24 windows of 128 were asked for");
  }

  @Test
  void drawsFromThePiecesOfATextThatIsTooLongForATokenizer(TestPipeline pipeline) throws Exception {
    String story = Files.readString(Path.of("../pipelines/examples/story-heldout.txt"));
    String text = story.repeat(1 + 2 * (1 << 20) / story.length());
    List<CalibrationText> pieces = new ArrayList<>();
    LongText.pieces(text, piece -> pieces.add(new CalibrationText("a:1", piece, null)));
    assertThat(pieces).hasSizeGreaterThan(1);
    PAssert.that(read(pipeline, List.of(new CalibrationText("a:1", text, null))).apply(SAMPLE))
        .containsInAnyOrder(oracle(pieces, 24, 128, 5));
    pipeline.run();
  }

  @Test
  void drawsFromOneLongText(TestPipeline pipeline) throws Exception {
    String story = Files.readString(Path.of("../pipelines/examples/story-heldout.txt"));
    List<CalibrationText> texts = List.of(new CalibrationText("a:1", story, null));
    PAssert.that(read(pipeline, texts).apply(SAMPLE)).containsInAnyOrder(oracle(texts, 24, 128, 5));
    pipeline.run();
  }

  @Test
  void drawsAnotherSampleForAnotherSeed() throws Exception {
    assertThat(oracle(stories(), 24, 128, 5)).isNotEqualTo(oracle(stories(), 24, 128, 6));
  }

  @Test
  void draws128WindowsOfTextUnlessToldOtherwise(TestPipeline pipeline) throws Exception {
    SampleSequences sample = SampleSequences.using(MODEL).withSequenceLength(64);
    PAssert.that(read(pipeline, stories()).apply(sample))
        .containsInAnyOrder(oracle(stories(), 128, 64, 0));
    pipeline.run();
  }

  @Test
  void takesWindowsInTheOrderOfTheirSources(TestPipeline pipeline) {
    List<CalibrationText> windows =
        List.of(window("b:2", 7), window("b:1", 8, 9), window("a:9", 5));
    PAssert.that(read(pipeline, windows).apply(SampleSequences.using("/nowhere")))
        .containsInAnyOrder(
            new TokenSequence(0, List.of(5)),
            new TokenSequence(1, List.of(8, 9)),
            new TokenSequence(2, List.of(7)));
    pipeline.run();
  }

  @Test
  void takesTheFirstWindowsIfSoManyWereAsked(TestPipeline pipeline) {
    List<CalibrationText> windows = List.of(window("b", 7), window("c", 8), window("a", 5));
    PAssert.that(read(pipeline, windows).apply(SampleSequences.using("/nowhere").withSequences(2)))
        .containsInAnyOrder(new TokenSequence(0, List.of(5)), new TokenSequence(1, List.of(7)));
    pipeline.run();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "empty | no text and no input_ids in the calibration files: they are empty",
        "mixed | both texts and windows of input_ids (such as w:1): calibrate on the one or the other",
        "short | but 24 were asked for: lower sequences or sequenceLength, or give more text",
        "few | found 1 windows of input_ids, but 24 were asked for: lower sequences, or give more windows",
        "long | w:1: a window of 129 tokens, expected at most 128: cut it, or raise sequenceLength",
        "foreign | w:1: token id 1024, but the vocabulary has 1024 tokens",
        "void | w:1: neither text nor tokens",
      })
  void saysWhyThereIsNoSample(String input, String message, TestPipeline pipeline) {
    CalibrationText text = new CalibrationText("t:1", "There once", null);
    List<CalibrationText> texts =
        switch (input) {
          case "mixed" -> List.of(text, window("w:1", 1));
          case "short" -> List.of(text);
          case "few" -> List.of(window("w:1", 1));
          case "long" -> List.of(window("w:1", new int[129]));
          case "foreign" -> List.of(window("w:1", 1024));
          case "void" -> List.of(new CalibrationText("w:1", null, null));
          default -> List.of();
        };
    read(pipeline, texts).apply(SAMPLE);
    assertThatThrownBy(pipeline::run).hasStackTraceContaining(message);
  }

  /** What follows the sample has no part in a sample that is refused, not even in an empty one. */
  @Test
  void isNotCompleteWithoutItsPlan(TestPipeline pipeline) {
    COMPLETED.set(0);
    read(pipeline, List.of())
        .apply(SAMPLE)
        .apply(Count.globally())
        .apply(
            MapElements.into(TypeDescriptors.integers()).via(count -> COMPLETED.incrementAndGet()));
    assertThatThrownBy(pipeline::run).hasStackTraceContaining("they are empty");
    assertThat(COMPLETED).hasValue(0);
  }

  @Test
  void namesTheMissingTokenizer(TestPipeline pipeline) throws IOException {
    read(pipeline, stories()).apply(SampleSequences.using("/nowhere"));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining("/nowhere/tokenizer.json: no such file");
  }

  @Test
  void rejectsImpossibleOptions() {
    assertThatThrownBy(() -> SAMPLE.withSequences(0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("sequences must be at least 1, found 0");
    TestPipeline pipeline = TestPipeline.create();
    PCollection<CalibrationText> endless =
        pipeline
            .apply(GenerateSequence.from(0))
            .apply(
                MapElements.into(TypeDescriptor.of(CalibrationText.class)).via(i -> window("w", 1)))
            .setCoder(AvroCoder.specific(CalibrationText.class));
    assertThatThrownBy(() -> endless.apply(SAMPLE))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "calibration texts must be a bounded collection: a sample of an endless one cannot be drawn");
  }

  /** The first of the example's stories, three of them twice. */
  static List<CalibrationText> stories() throws IOException {
    List<CalibrationText> texts = new ArrayList<>();
    Path file = Path.of("../pipelines/examples/story-calibration.txt");
    try (InputStream bytes = Files.newInputStream(file)) {
      TextFile.read(file.toString(), bytes, "text", texts::add);
    }
    texts.subList(120, texts.size()).clear();
    texts.addAll(List.copyOf(texts.subList(0, 3)));
    return texts;
  }

  private static CalibrationText window(String source, int... tokens) {
    return new CalibrationText(source, null, Arrays.stream(tokens).boxed().toList());
  }

  private static PCollection<CalibrationText> read(
      TestPipeline pipeline, List<CalibrationText> texts) {
    return pipeline.apply(Create.of(texts).withCoder(AvroCoder.specific(CalibrationText.class)));
  }
}
