// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.github.slimbeam.pipelines.command.DeclaredOption;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.transforms.pruning.Flap;
import io.github.slimbeam.transforms.pruning.Magnitude;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.RandomUnits;
import io.github.slimbeam.transforms.pruning.SlimBeam;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.pruning.SlimLlm;
import io.github.slimbeam.transforms.pruning.Wanda;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.PipelineOptions;
import org.jspecify.annotations.Nullable;

/**
 * Every method there is: its defaults, which its name alone means, the options that are its own,
 * and how it is made from them.
 */
// Methods are records of figures and enumerations.
@SuppressWarnings("ImmutableEnumChecker")
public enum MethodRow {
  SLIMGPT(
      SlimGpt.defaults(),
      SlimGptOptions.class,
      options -> SlimGptOptions.method(options, SlimGpt.defaults())),
  SLIMBEAM(
      SlimBeam.defaults(),
      SlimGptOptions.class,
      options -> new SlimBeam(SlimGptOptions.method(options, SlimBeam.defaults().elimination()))),
  SLIMLLM(SlimLlm.defaults(), SlimLlmOptions.class, SlimLlmOptions::method),
  FLAP(new Flap()),
  WANDA(new Wanda()),
  MAGNITUDE(new Magnitude()),
  RANDOM(new RandomUnits(0), options -> new RandomUnits(options.as(SeedOptions.class).getSeed()));

  private final PruningMethod defaults;
  private final @Nullable Class<? extends PipelineOptions> own;
  private final Function<PipelineOptions, PruningMethod> made;

  <O extends PipelineOptions> MethodRow(
      PruningMethod defaults, Class<O> own, Function<O, PruningMethod> made) {
    this.defaults = defaults;
    this.own = own;
    this.made = options -> made.apply(options.as(own));
  }

  MethodRow(PruningMethod defaults, Function<PipelineOptions, PruningMethod> made) {
    this.defaults = defaults;
    this.own = null;
    this.made = made;
  }

  MethodRow(PruningMethod defaults) {
    this(defaults, options -> defaults);
  }

  /**
   * The method of this name.
   *
   * @throws IllegalArgumentException naming those that there are
   */
  @JsonCreator
  static MethodRow named(String name) {
    List<String> names = Arrays.stream(values()).map(MethodRow::optionName).toList();
    int row = names.indexOf(name);
    if (row < 0) {
      throw new IllegalArgumentException("no such method; there are: " + names);
    }
    return values()[row];
  }

  /** The method that is named, or the default. */
  static MethodRow orDefault(@Nullable MethodRow named) {
    return requireNonNullElse(named, SLIMBEAM);
  }

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return defaults.name();
  }

  /** The method as its name alone means it. */
  PruningMethod defaults() {
    return defaults;
  }

  /** What a command takes that names a method: its own options and those of every method. */
  public static <T extends PipelineOptions> DeclaredOptions<T> with(Class<T> command) {
    return DeclaredOptions.of(command, Arrays.stream(values()).flatMap(MethodRow::own).toList());
  }

  /**
   * The method that the options ask for.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if they hold another's options
   */
  PruningMethod made(PipelineOptions options) {
    for (MethodRow other : values()) {
      if (other != this && other.own != own) {
        other.refuse(options, optionName());
      }
    }
    return made.apply(options);
  }

  /**
   * Refuses the own options of any method.
   *
   * @param asked what they mean nothing to
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first
   */
  static void refuseOwn(PipelineOptions options, String asked) {
    for (MethodRow row : values()) {
      row.refuse(options, asked);
    }
  }

  private void refuse(PipelineOptions options, String asked) {
    ownOptions()
        .filter(option -> option.in(options) != null)
        .findFirst()
        .ifPresent(
            option ->
                check(
                    false,
                    "--%s belongs to --method=%s and means nothing to %s: leave it out",
                    option.name(),
                    optionName(),
                    asked));
  }

  private Stream<DeclaredOption> ownOptions() {
    return own().flatMap(type -> DeclaredOptions.of(type).byName().values().stream());
  }

  private Stream<Class<? extends PipelineOptions>> own() {
    return Stream.ofNullable(own);
  }
}
