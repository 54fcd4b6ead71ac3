// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** Options in picocli's terms: for its parser, its help and its completion. */
public final class CommandSyntax {
  private static final Set<Class<?>> SIMPLE =
      Set.of(
          int.class,
          Integer.class,
          long.class,
          Long.class,
          double.class,
          Double.class,
          boolean.class,
          Boolean.class);

  private CommandSyntax() {}

  /** What a command declares, the required options first. */
  public static CommandSpec of(DeclaredOptions<?> declared) {
    CommandSpec command = CommandSpec.create();
    command.usageMessage().sortOptions(false);
    declared.byName().values().stream()
        .sorted(Comparator.comparing(option -> !option.isRequired()))
        .forEach(option -> command.addOption(declared(option).build()));
    return command;
  }

  /**
   * The same, with the options of Beam and of runners, which help does not show.
   *
   * @param check asked at every option
   */
  static CommandSpec withBeam(DeclaredOptions<?> declared, IParameterPreprocessor check) {
    CommandSpec command = CommandSpec.create();
    declared
        .byName()
        .values()
        .forEach(option -> command.addOption(declared(option).preprocessor(check).build()));
    Set<Class<? extends PipelineOptions>> interfaces =
        new LinkedHashSet<>(PipelineOptionsFactory.getRegisteredOptions());
    interfaces.add(PipelineOptions.class);
    interfaces.stream()
        .flatMap(type -> Arrays.stream(type.getMethods()))
        .map(DeclaredOption::of)
        .flatMap(Optional::stream)
        .filter(option -> command.findOption("--" + option.name()) == null)
        .forEach(option -> command.addOption(beams(option).preprocessor(check).build()));
    return command;
  }

  private static OptionSpec.Builder declared(DeclaredOption option) {
    OptionSpec.Builder builder =
        named(option)
            .type(option.type())
            .required(option.isRequired())
            .description(option.description().replace("%", "%%"));
    if (option.type().isEnum()) {
      return builder.completionCandidates(option.choices()).converters(spelt(option.type()));
    }
    // Completion offers files for this type.
    return option.path().isPresent() ? builder.type(Path.class).converters(asItIs()) : builder;
  }

  /** Beam reads the values of all but the simplest types by rules of its own. */
  private static OptionSpec.Builder beams(DeclaredOption option) {
    OptionSpec.Builder builder = named(option).hidden(true);
    if (option.type().isArray() || Iterable.class.isAssignableFrom(option.type())) {
      return builder.type(List.class).auxiliaryTypes(String.class);
    }
    return builder.type(SIMPLE.contains(option.type()) ? option.type() : String.class);
  }

  private static OptionSpec.Builder named(DeclaredOption option) {
    return OptionSpec.builder("--" + option.name())
        // Completion keeps values under this name.
        .paramLabel(option.name())
        .arity(option.isSwitch() ? "0..1" : "1");
  }

  private static ITypeConverter<?> asItIs() {
    return word -> word;
  }

  private static ITypeConverter<?> spelt(Class<?> type) {
    return word -> {
      try {
        return Spelling.read(type, word);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }
}
