// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With another JVM, one of whose threads is always in the middle of a product, which takes about a
 * second.
 */
class ProcessEndTest {
  @TempDir private Path directory;

  /** The other JVM: ends with the code that it is given, or waits for a signal. */
  static final class Worker {
    private static final TorchProgram PROGRAM = TorchProgram.of(ProcessEndTest.class);

    private static final CountDownLatch AT_WORK = new CountDownLatch(1);

    private Worker() {}

    public static void main(String[] args) throws InterruptedException {
      ProcessEnd.begin();
      Thread worker = new Thread(Worker::multiply);
      worker.setDaemon(true);
      worker.start();
      AT_WORK.await();
      System.out.println("at work");
      if (args.length > 0) {
        ProcessEnd.with(Integer.parseInt(args[0]));
      }
      worker.join();
    }

    private static void multiply() {
      try (TorchScope scope = TorchScope.open()) {
        NDArray x =
            scope.float64(new double[1 << 24], 1 << 12, 1 << 12).toType(DataType.FLOAT32, true);
        while (true) {
          PROGRAM.call(scope, "square", x).close();
          AT_WORK.countDown();
        }
      }
    }
  }

  @Test
  void failureEndsWithItsCode() throws Exception {
    Process process = start("3");
    assertThat(process.inputReader().readLine()).isEqualTo("at work");
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    ended(process, 3);
  }

  @Test
  void signalEndsWithItsNumber() throws Exception {
    Process process = start();
    assertThat(process.inputReader().readLine()).isEqualTo("at work");
    process.destroy();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    ended(process, 143);
  }

  private void ended(Process process, int code) throws IOException {
    assertThat(process.exitValue()).isEqualTo(code);
    assertThat(directory).as("no crash is reported").isEmptyDirectory();
  }

  private Process start(String... code) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            Worker.class.getName());
    builder.command().addAll(List.of(code));
    return builder.directory(directory.toFile()).redirectError(Redirect.INHERIT).start();
  }
}
