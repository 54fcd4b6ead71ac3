// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.generate;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.generation.CachedModel;
import io.github.slimbeam.transforms.generation.GrowingText;
import io.github.slimbeam.transforms.generation.Sampling;
import io.github.slimbeam.transforms.generation.SpecialTokens;
import io.github.slimbeam.transforms.generation.TokenGenerator;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Lets a model write prompts on: text in, text out, in this process and without a runner. The
 * tokenizer puts in front of a prompt what it puts there by itself, such as {@code <s>}; special
 * tokens are not shown.
 */
public final class Generate implements AutoCloseable {
  private final TorchScope device;
  private final TokenizerFile tokenizer;
  private final SpecialTokens special;
  private final CachedModel model;

  private Generate(Storage storage, String directory, String device) throws IOException {
    Model opened = Model.open(storage, directory);
    this.special = SpecialTokens.of(opened.checkpoint());
    this.tokenizer = TokenizerFile.open(storage, directory, true);
    this.device = TorchScope.open(device);
    try {
      this.model = CachedModel.load(opened);
    } catch (IOException | RuntimeException e) {
      this.device.close();
      tokenizer.close();
      throw e;
    }
  }

  /** Writes the prompts on that the options name; throws where it fails. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(DeclaredOptions.of(GenerateOptions.class), args, Generate::run);
  }

  private static void run(GenerateOptions options) throws IOException {
    Storage storage = new FileSystemsStorage();
    Sampling sampling =
        new Sampling(
            options.getTemperature(), options.getTopK(), options.getTopP(), options.getSeed());
    TokenGenerator.checkMaxTokens(options.getMaxTokens());
    List<String> prompts = prompts(storage, options);
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    try (Generate generate = new Generate(storage, options.getModel(), options.getDevice())) {
      TokenGenerator generator = generate.generator(sampling, options.getMaxTokens());
      for (int i = 0; i < prompts.size(); i++) {
        String name = prompts.size() == 1 ? "the prompt" : "prompt " + (i + 1);
        generator.checkPrompt(name, generate.tokens(prompts.get(i)));
      }
      for (int i = 0; i < prompts.size(); i++) {
        if (i > 0) {
          out.println();
        }
        generate.print(out, System.err, prompts.get(i), generator);
      }
    }
  }

  /**
   * What a model makes of prompts: the text that follows each, without the prompt.
   *
   * @param directory of the model, dense or pruned, with its tokenizer
   * @param device auto, cpu or cuda:N
   * @param maxTokens new tokens at most, for each
   * @throws io.github.slimbeam.transforms.storage.BadInputException if a prompt does not fit in the
   *     context, or the model or its tokenizer cannot be used
   */
  public static List<String> samples(
      String directory, String device, List<String> prompts, Sampling sampling, int maxTokens)
      throws IOException {
    try (Generate generate = new Generate(new FileSystemsStorage(), directory, device)) {
      TokenGenerator generator = generate.generator(sampling, maxTokens);
      List<String> texts = new ArrayList<>();
      for (String prompt : prompts) {
        int[] tokens = generate.tokens(prompt);
        GrowingText text = new GrowingText(generate.tokenizer::decode, tokens);
        generator.generate(tokens, text::add);
        texts.add(text.continuation());
      }
      return texts;
    }
  }

  private TokenGenerator generator(Sampling sampling, int maxTokens) {
    return new TokenGenerator(model, sampling, maxTokens, special.ends());
  }

  /** A prompt and what follows it, as it comes; then a line about it. */
  private void print(PrintStream out, PrintStream notes, String prompt, TokenGenerator generator) {
    int[] tokens = tokens(prompt);
    GrowingText text = new GrowingText(tokenizer::decode, tokens);
    long begun = System.nanoTime();
    out.print(prompt);
    TokenGenerator.Continuation continuation =
        generator.generate(
            tokens,
            token -> {
              out.print(text.add(token));
              out.flush();
            });
    out.println(text.finish());
    int count = continuation.tokens().size();
    notes.printf(
        Locale.ROOT,
        "%d prompt tokens, %d new tokens, %.1f tokens/s, stopped: %s%n",
        tokens.length,
        count,
        count / ((System.nanoTime() - begun) / 1e9),
        OptionNames.in(continuation.end().description()));
  }

  private int[] tokens(String prompt) {
    int[] tokens = tokenizer.encode(prompt);
    if (tokens.length > 0) {
      return tokens;
    }
    OptionalInt begin = special.begin();
    check(
        begin.isPresent(),
        "the prompt is empty, and %s names no bos_token_id to begin with: give a --prompt",
        model.model().checkpoint().directory());
    return new int[] {begin.getAsInt()};
  }

  private static List<String> prompts(Storage storage, GenerateOptions options) throws IOException {
    check(
        options.getPrompt() == null || options.getPrompts() == null,
        "--prompt and --prompts each say what to go on with: give one of them");
    if (options.getPrompts() == null) {
      return List.of(options.getPrompt() == null ? "" : options.getPrompt());
    }
    return promptsIn(storage, options.getPrompts());
  }

  /**
   * The prompts of a file, one a line; empty lines do not count.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if there is none
   */
  public static List<String> promptsIn(Storage storage, String file) throws IOException {
    check(storage.exists(file), "--prompts=%s: no such file", file);
    List<String> lines =
        new String(storage.read(file), UTF_8).lines().filter(line -> !line.isBlank()).toList();
    check(!lines.isEmpty(), "--prompts=%s: no text there, expected one a line", file);
    return lines;
  }

  @Override
  public void close() {
    model.close();
    tokenizer.close();
    device.close();
  }
}
