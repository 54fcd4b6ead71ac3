// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** The options that a command declares, by name: all that it takes beside Beam's and a runner's. */
public final class DeclaredOptions<T extends PipelineOptions> {
  private final Class<T> type;
  private final List<Class<? extends PipelineOptions>> interfaces;
  private final Map<String, DeclaredOption> byName = new TreeMap<>();

  private DeclaredOptions(Class<T> type, List<? extends Class<? extends PipelineOptions>> more) {
    this.type = type;
    this.interfaces = new ArrayList<>(more);
    interfaces.add(type);
    for (Class<? extends PipelineOptions> declaring : interfaces) {
      for (Method method : declaring.getMethods()) {
        // What Beam's root interface and its parents declare every job can be asked anyway.
        if (!method.getDeclaringClass().isAssignableFrom(PipelineOptions.class)) {
          DeclaredOption.of(method).ifPresent(option -> byName.put(option.name(), option));
        }
      }
    }
  }

  /** The options of one interface. */
  public static <T extends PipelineOptions> DeclaredOptions<T> of(Class<T> type) {
    return new DeclaredOptions<>(type, List.of());
  }

  /** The options of one interface and of others, which {@link PipelineOptions#as} gives. */
  public static <T extends PipelineOptions> DeclaredOptions<T> of(
      Class<T> type, List<? extends Class<? extends PipelineOptions>> more) {
    return new DeclaredOptions<>(type, more);
  }

  /** The interface that a job reads them by. */
  public Class<T> type() {
    return type;
  }

  /** All of them, by name. */
  public Map<String, DeclaredOption> byName() {
    return byName;
  }

  /** The option of a name that is known to be one. */
  public DeclaredOption get(String name) {
    return requireNonNull(byName.get(name), name);
  }

  /** How an option's value names files, if it does. */
  Optional<PathOption> path(String name) {
    return Optional.ofNullable(byName.get(name)).flatMap(DeclaredOption::path);
  }

  /** Tells Beam of them. */
  public void register() {
    interfaces.forEach(PipelineOptionsFactory::register);
  }
}
