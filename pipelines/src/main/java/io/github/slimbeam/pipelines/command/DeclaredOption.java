// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.Validation;

/**
 * An option as its getter declares it.
 *
 * @param name without dashes
 */
public record DeclaredOption(String name, Method getter) {

  /** The option of a getter, if a method is one. */
  static Optional<DeclaredOption> of(Method method) {
    String name = method.getName();
    int prefix = name.startsWith("get") ? 3 : name.startsWith("is") ? 2 : name.length();
    return prefix == name.length() || method.getParameterCount() > 0
        ? Optional.empty()
        : Optional.of(
            new DeclaredOption(
                Character.toLowerCase(name.charAt(prefix)) + name.substring(prefix + 1), method));
  }

  /** What values it takes. */
  public Class<?> type() {
    return getter.getReturnType();
  }

  /** Whether it needs no value. */
  public boolean isSwitch() {
    return type() == boolean.class || type() == Boolean.class;
  }

  public boolean isRequired() {
    return getter.isAnnotationPresent(Validation.Required.class);
  }

  /** The values of an enumeration, as they are spelt; of others none. */
  public List<String> choices() {
    return type().isEnum()
        ? Arrays.stream(type().getEnumConstants()).map(Spelling::of).toList()
        : List.of();
  }

  /** In words; of an enumeration with its values. */
  public String description() {
    Description description = getter.getAnnotation(Description.class);
    String text = description == null ? "" : description.value();
    return choices().isEmpty() ? text : text + " (" + String.join(", ", choices()) + ")";
  }

  /** What it is where it is not given, if that is declared. */
  public Optional<String> defaultValue() {
    return Arrays.stream(getter.getAnnotations())
        .filter(a -> a.annotationType().getDeclaringClass() == Default.class)
        .findFirst()
        .map(a -> valueOf(a).toString())
        .map(value -> type().isEnum() ? Spelling.ofConstant(type(), value) : value);
  }

  /** How its value names files, if it does. */
  Optional<PathOption> path() {
    return Optional.ofNullable(getter.getAnnotation(PathOption.class));
  }

  /** Its value among those that were given; null if it was not given and has no default. */
  public Object in(PipelineOptions options) {
    return call(getter, options.as(getter.getDeclaringClass().asSubclass(PipelineOptions.class)));
  }

  private static Object valueOf(Annotation annotation) {
    try {
      return call(annotation.annotationType().getMethod("value"), annotation);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object call(Method method, Object target) {
    try {
      return method.invoke(target);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException(method + " cannot be called", e);
    }
  }
}
