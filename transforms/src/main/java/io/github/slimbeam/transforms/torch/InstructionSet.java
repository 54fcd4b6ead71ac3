// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The widest vector instructions that libtorch has kernels for and the processor has. */
final class InstructionSet {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final String FORCED = "ATEN_CPU_CAPABILITY";

  private InstructionSet() {}

  static String here() {
    try {
      List<String> processors =
          Files.isReadable(PROCESSORS) ? Files.readAllLines(PROCESSORS) : List.of();
      String widest = of(System.getProperty("os.arch"), System.getenv(FORCED), processors);
      return MklKernels.arePreloaded(System.getenv("LD_PRELOAD"))
          ? widest + ", in MKL too"
          : widest;
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  /**
   * Its name.
   *
   * @param forced what libtorch was told, or null
   * @param processors what Linux says of them, line by line
   */
  static String of(String architecture, @Nullable String forced, List<String> processors) {
    if (forced != null) {
      return architecture + " " + forced;
    }
    Set<String> flags = new HashSet<>();
    processors.stream()
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .ifPresent(line -> flags.addAll(Arrays.asList(line.split("\\s+"))));
    if (flags.containsAll(List.of("avx512f", "avx512bw", "avx512dq", "avx512vl"))) {
      return architecture + " avx512";
    }
    return flags.containsAll(List.of("avx2", "fma")) ? architecture + " avx2" : architecture;
  }
}
