// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint;
import org.apache.flink.runtime.jobmanager.JobManagerProcessSpec;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.taskexecutor.TaskManagerRunner;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;

/**
 * Flink's jars, configuration and start scripts, without a distribution, which the registry does
 * not have: the jars of a class path that the build wrote, and the memory sizes by the same methods
 * that the scripts call.
 */
final class FlinkInstallation {
  private static final Path CLUSTER = Path.of("flink", "cluster");
  private static final Path BUILT = Path.of("target");
  private static final String LOOPBACK = InetAddress.getLoopbackAddress().getHostAddress();

  /** Room for the example model, and no more; what is not named here is as it is shipped. */
  private static final Map<String, String> SMALL =
      Map.of(
          "jobmanager.memory.heap.size", "384 m",
          "jobmanager.memory.off-heap.size", "128 m",
          "taskmanager.memory.task.heap.size", "768 m",
          "taskmanager.memory.task.off-heap.size", "256 m",
          "taskmanager.memory.managed.size", "256 m",
          "taskmanager.memory.network.min", "64 m",
          "taskmanager.memory.network.max", "64 m",
          // Two processes of native threads on a small machine only wait for each other.
          "env.java.opts.taskmanager", "-Dai.djl.pytorch.num_threads=1");

  private final Path directory;
  private final Configuration configuration;

  private FlinkInstallation(Path directory, Configuration configuration) {
    this.directory = directory;
    this.configuration = configuration;
  }

  /** Writes the configuration: what is shipped, small, on free ports, and what is asked for. */
  static FlinkInstallation in(Path directory, Map<String, String> asked) throws IOException {
    Configuration configuration = GlobalConfiguration.loadConfiguration(CLUSTER.toString());
    SMALL.forEach(configuration::setString);
    for (String key :
        List.of(
            "jobmanager.rpc.address",
            "jobmanager.bind-host",
            "rest.address",
            "rest.bind-address",
            "taskmanager.host",
            "taskmanager.bind-host")) {
      configuration.setString(key, LOOPBACK);
    }
    try (ServerSocket rest = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket rpc = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      configuration.set(RestOptions.PORT, rest.getLocalPort());
      configuration.setString("rest.bind-port", String.valueOf(rest.getLocalPort()));
      configuration.set(JobManagerOptions.PORT, rpc.getLocalPort());
    }
    asked.forEach(configuration::setString);
    FlinkInstallation installation =
        new FlinkInstallation(directory.toAbsolutePath(), configuration);
    new FileSystemsStorage().deleteTree(installation.logs().toString());
    Files.createDirectories(installation.configuration());
    Files.createDirectories(installation.logs());
    Files.write(
        installation.configuration().resolve("config.yaml"),
        ConfigurationUtils.convertConfigToWritableLines(configuration, false));
    return installation;
  }

  String restAddress() {
    return LOOPBACK + ":" + configuration.get(RestOptions.PORT);
  }

  Path configuration() {
    return directory.resolve("conf");
  }

  Path logs() {
    return directory.resolve("log");
  }

  Process startJobManager() throws IOException {
    JobManagerProcessSpec memory =
        JobManagerProcessUtils.processSpecFromConfigWithNewOptionToInterpretLegacyHeap(
            configuration, JobManagerOptions.JVM_HEAP_MEMORY);
    return start(
        "jobmanager",
        JobManagerProcessUtils.generateJvmParametersStr(memory, configuration),
        StandaloneSessionClusterEntrypoint.class,
        JobManagerProcessUtils.generateDynamicConfigsStr(memory));
  }

  Process startTaskManager(int number) throws IOException {
    TaskExecutorProcessSpec memory = TaskExecutorProcessUtils.processSpecFromConfig(configuration);
    String name = "taskmanager-" + number;
    return start(
        name,
        ProcessMemoryUtils.generateJvmParametersStr(memory),
        TaskManagerRunner.class,
        TaskExecutorProcessUtils.generateDynamicConfigsStr(memory)
            + " -D taskmanager.resource-id="
            + name);
  }

  private Process start(String name, String jvm, Class<?> main, String settings)
      throws IOException {
    Path temporary = Files.createDirectories(directory.resolve("tmp").resolve(name));
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(words(jvm));
    command.addAll(words(configuration.get(CoreOptions.FLINK_JVM_OPTIONS)));
    String role = name.replaceAll("-\\d+$", "");
    command.addAll(
        words(
            configuration.get(
                role.equals("jobmanager")
                    ? CoreOptions.FLINK_JM_JVM_OPTIONS
                    : CoreOptions.FLINK_TM_JVM_OPTIONS)));
    command.addAll(
        List.of(
            "-Djava.io.tmpdir=" + temporary,
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
            "-cp",
            classPath(),
            main.getName(),
            "--configDir",
            configuration().toString()));
    command.addAll(words(settings));
    command.addAll(List.of("-D", "io.tmp.dirs=" + temporary));
    File log = logs().resolve(name + ".log").toFile();
    return new ProcessBuilder(command)
        .directory(temporary.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .start();
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.trim().split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  /** lib/ as it is after the user's copying: Flink's own jars, its logging, and ours. */
  static String classPath() throws IOException {
    Path flink = BUILT.resolve("flink-classpath.txt");
    if (!Files.exists(flink)) {
      throw new IllegalStateException(
          "expected " + flink.toAbsolutePath() + ": run mvn verify -Pcluster, or package first");
    }
    try (Stream<Path> ours = Files.list(BUILT.resolve("flink-lib"));
        Stream<Path> logging = Files.list(BUILT.resolve("flink-logging"))) {
      return Stream.concat(
              Stream.concat(logging, ours).map(jar -> jar.toAbsolutePath().toString()).sorted(),
              Stream.of(Files.readString(flink).trim()))
          .collect(Collectors.joining(File.pathSeparator));
    }
  }

  void removeTemporaryFiles() throws IOException {
    new FileSystemsStorage().deleteTree(directory.resolve("tmp").toString());
  }
}
