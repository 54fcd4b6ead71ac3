// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import org.apache.beam.sdk.util.UserCodeException;
import org.apache.flink.util.SerializedThrowable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureReasonTest {
  /** As embedded Flink throws it, and as a cluster does, of whose exception only the text comes. */
  private static Throwable onFlink(Throwable cause, boolean asText) {
    Throwable worker = UserCodeException.wrap(cause);
    return new RuntimeException(
        "Pipeline execution failed",
        new IllegalStateException(
            "Job execution failed.", asText ? new SerializedThrowable(worker) : worker));
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void isTheDeepestCauseAndWhereItWasMet(boolean asText) {
    IOException cause = new IOException("disk error\n  in sector 7");
    cause.addSuppressed(new IOException("while closing", new IOException("of less interest")));
    assertThat(JobRun.readable(onFlink(new IllegalStateException("outer", cause), asText)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "the job failed: IOException: disk error in sector 7,"
                + " at FailureReasonTest\\.\\w+\\(FailureReasonTest\\.java:\\d+\\)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Java heap space | JAVA_OPTIONS=-Xmx16g",
        "Java heap space | taskmanager.memory.task.heap.size",
        "Java heap space. A heap space-related out-of-memory error has occurred. | -Xmx16g",
        "GC overhead limit exceeded | -Xmx16g",
        "Metaspace | JAVA_OPTIONS=-XX:MaxMetaspaceSize=1g",
        "Metaspace. The metaspace out-of-memory error has occurred | taskmanager.memory.jvm-metaspace.size",
        "Direct buffer memory | JAVA_OPTIONS=-XX:MaxDirectMemorySize=4g",
        "Cannot reserve 8 bytes of direct buffer memory | taskmanager.memory.task.off-heap.size",
        "No segments. Cause: Direct buffer memory. The direct out-of-memory error has occurred. Heap! | -XX:MaxDirectMemorySize=4g",
        "unable to create native thread: possibly out of memory | ulimit -u",
      })
  void saysWhatHelpsWhenMemoryIsOut(String message, String option) {
    for (boolean asText : new boolean[] {true, false}) {
      assertThat(JobRun.readable(onFlink(new OutOfMemoryError(message), asText)))
          .hasMessageStartingWith(
              "the job failed: OutOfMemoryError: "
                  + message.replaceAll("[.] (The|A) .*", "")
                  + ", at Failure")
          .hasMessageContaining(option);
    }
  }

  @Test
  void seesMemoryThatRanOutWhileAClassWasLoaded() {
    assertThat(
            FailureReason.of(
                new ExceptionInInitializerError("Exception java.lang.OutOfMemoryError: Metaspace")))
        .contains("JAVA_OPTIONS=-XX:MaxMetaspaceSize=1g");
  }

  @Test
  void namesTheClassThatIsMissing() {
    NoClassDefFoundError error = new NoClassDefFoundError("ai/djl/Model");
    assertThat(FailureReason.of(onFlink(error, true)))
        .startsWith("NoClassDefFoundError: ai/djl/Model, at FailureReasonTest.")
        .contains(
            ": the class path lacks ai.djl.Model: on a cluster it comes with slim-beam-job.jar");
    error.initCause(new ClassNotFoundException("ai.djl.Model"));
    assertThat(FailureReason.of(onFlink(error, false)))
        .startsWith("ClassNotFoundException: ai.djl.Model, at ")
        .contains(": the class path lacks ai.djl.Model: ");
    assertThat(FailureReason.of(new NoClassDefFoundError("Could not initialize class a.B")))
        .startsWith("NoClassDefFoundError: Could not initialize class a.B, at ")
        .doesNotContain("lacks");
  }

  @Test
  void findsATraceWithinAMessage() {
    String remote =
        "org.apache.flink.runtime.JobException: no more\n\tat org.apache.flink.A.b(A.java:1)\n"
            + "Caused by: java.lang.OutOfMemoryError: Java heap space\n"
            + "\tat java.base/java.util.Arrays.copyOf(Arrays.java:3)\n"
            + "\tat io.github.slimbeam.transforms.P$DoFnInvoker.invoke(Unknown Source)\n"
            + "\tat app//io.github.slimbeam.transforms.torch.TensorBytes.read(TensorBytes.java:7)\n"
            + "\t... 12 more\n";
    assertThat(FailureReason.of(new IllegalStateException(remote)))
        .startsWith("OutOfMemoryError: Java heap space, at TensorBytes.read(TensorBytes.java:7): ");
  }

  @Test
  void isBadInputWhereverThatWasThrown() {
    BadInputException bad = new BadInputException("text.txt: empty", new IOException("deeper"));
    for (boolean asText : new boolean[] {true, false}) {
      assertThat(JobRun.readable(onFlink(bad, asText)))
          .isInstanceOf(BadInputException.class)
          .hasMessage("text.txt: empty");
    }
    assertThat(FailureReason.of(new IllegalStateException()))
        .startsWith("IllegalStateException, at ");
  }
}
