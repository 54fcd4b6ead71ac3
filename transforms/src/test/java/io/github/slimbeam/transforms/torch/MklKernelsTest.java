// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class MklKernelsTest {
  @TempDir private Path directory;

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void theFunctionSaysYes() throws Exception {
    Path file = directory.resolve(MklKernels.FILE);
    MklKernels.main(new String[] {file.toString()});
    NativeLibrary library = NativeLibrary.getInstance(file.toString());
    assertThat(library.getFunction("mkl_serv_intel_cpu_true").invokeInt(new Object[0])).isOne();
    library.close();
  }

  /** What the dynamic linker says of a library that it cannot load goes to the error stream. */
  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void aProcessStartsWithItInSilence() throws Exception {
    Path file = directory.resolve(MklKernels.FILE);
    Files.write(file, MklKernels.library());
    Path out = directory.resolve("out.txt");
    ProcessBuilder cat =
        new ProcessBuilder("cat", "/proc/self/maps")
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    cat.environment().put("LD_PRELOAD", file.toString());
    assertThat(cat.start().waitFor()).isZero();
    List<String> maps = Files.readAllLines(out);
    assertThat(maps).filteredOn(line -> line.endsWith(file.toString())).hasSizeBetween(2, 3);
    assertThat(maps).noneMatch(line -> line.contains("ERROR") || line.contains("rwx"));
  }

  @Test
  void isToldByItsName() {
    assertThat(MklKernels.arePreloaded("/a/other.so:/b/mkl-on-amd.so")).isTrue();
    assertThat(MklKernels.arePreloaded("/a/other.so")).isFalse();
    assertThat(MklKernels.arePreloaded(null)).isFalse();
  }
}
