// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.auto.service.AutoService;
import java.beans.Introspector;
import java.lang.reflect.Method;
import java.util.List;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.options.ApplicationNameOptions;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.util.common.ReflectHelpers;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a job was told about its file systems: {@code --hdfsConfiguration}, {@code --endpoint}
 * and their like.
 *
 * <p>Beam's Flink runner (2.70) gives the sources of a job options of its own, and whenever any
 * options are read, on the client or on a worker, file systems are registered anew for the whole
 * JVM (Beam issue 18430): so half of the time with nothing of what the job was told. Beam asks
 * registrars in the order of their names, this one before its own, which find here the options
 * completed. It registers nothing.
 */
@AutoService(FileSystemRegistrar.class)
public final class KeepFileSystemOptions implements FileSystemRegistrar {
  /** What {@code FlinkPipelineOptions.defaults()} is called by whoever calls it. */
  private static final String RUNNERS_OWN = "FlinkPipelineOptions";

  private static final List<String> INTERFACES =
      List.of(
          "org.apache.beam.sdk.io.hdfs.HadoopFileSystemOptions",
          "org.apache.beam.sdk.io.aws2.options.AwsOptions",
          "org.apache.beam.sdk.io.aws2.options.S3Options",
          "org.apache.beam.sdk.extensions.gcp.options.GcpOptions",
          "org.apache.beam.sdk.extensions.gcp.options.GcsOptions");

  /** Of the latest job, null before the first; file systems are registered for the JVM as well. */
  private static volatile @Nullable PipelineOptions job;

  @Override
  public Iterable<FileSystem<?>> fromOptions(PipelineOptions options) {
    PipelineOptions told = job;
    if (!RUNNERS_OWN.equals(options.as(ApplicationNameOptions.class).getAppName())) {
      job = options;
    } else if (told != null) {
      complete(options, told);
    }
    return List.of();
  }

  private static void complete(PipelineOptions options, PipelineOptions told) {
    ClassLoader loader = ReflectHelpers.findClassLoader();
    JsonNode given =
        new ObjectMapper()
            .registerModules(ObjectMapper.findModules(loader))
            .<JsonNode>valueToTree(told)
            .path("options");
    for (String name : INTERFACES) {
      if (loader.getResource(name.replace('.', '/') + ".class") != null) {
        try {
          copy(
              Class.forName(name, true, loader).asSubclass(PipelineOptions.class),
              given,
              options,
              told);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException("cannot read " + name + " of the job's options", e);
        }
      }
    }
  }

  private static <T extends PipelineOptions> void copy(
      Class<T> type, JsonNode given, PipelineOptions options, PipelineOptions told)
      throws ReflectiveOperationException {
    for (Method setter : type.getDeclaredMethods()) {
      if (setter.getName().startsWith("set") && setter.getParameterCount() == 1) {
        String property = setter.getName().substring("set".length());
        if (given.hasNonNull(Introspector.decapitalize(property))) {
          String prefix = setter.getParameterTypes()[0] == boolean.class ? "is" : "get";
          setter.invoke(options.as(type), getter(type, prefix, property).invoke(told.as(type)));
        }
      }
    }
  }

  private static Method getter(Class<?> type, String prefix, String property)
      throws NoSuchMethodException {
    try {
      return type.getMethod(prefix + property);
    } catch (NoSuchMethodException e) {
      return type.getMethod("get" + property);
    }
  }
}
