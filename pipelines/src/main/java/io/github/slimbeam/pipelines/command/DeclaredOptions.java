package io.github.slimbeam.pipelines.command;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.beam.sdk.options.PipelineOptions;

/** The options of this project that a command takes, by name: their getters. */
public final class DeclaredOptions {
  private static final String OURS = "io.github.slimbeam.";

  private final Map<String, Method> getters = new TreeMap<>();

  private DeclaredOptions(Class<? extends PipelineOptions> type) {
    Arrays.stream(type.getMethods())
        .filter(method -> method.getDeclaringClass().getName().startsWith(OURS))
        .filter(method -> method.getName().startsWith("get"))
        .forEach(getter -> getters.put(name(getter), getter));
  }

  public static DeclaredOptions of(Class<? extends PipelineOptions> type) {
    return new DeclaredOptions(type);
  }

  /** All of them, by name. */
  public Map<String, Method> getters() {
    return getters;
  }

  /** How an option's value names files, if it does. */
  Optional<PathOption> path(String name) {
    return Optional.ofNullable(getters.get(name)).map(g -> g.getAnnotation(PathOption.class));
  }

  private static String name(Method getter) {
    String name = getter.getName().substring("get".length());
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }
}
