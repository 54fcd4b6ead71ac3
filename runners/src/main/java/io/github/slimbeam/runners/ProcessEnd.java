// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import com.sun.jna.NativeLibrary;
import io.github.slimbeam.pipelines.command.AtExit;
import java.util.Map;

/**
 * The process's end. Before the system's {@code exit} is over it frees what native libraries hold,
 * code that they made in memory as well, and a worker in the middle of a product would run on in
 * it: the JVM would crash, and say so in a file, instead of ending. So after a failure or a signal
 * {@code _exit} is the last step, which leaves all that to the system.
 */
final class ProcessEnd {
  private static final int RUNNING = -1;

  /** The names that HotSpot gives to the threads of signals, and the signals' numbers. */
  private static final Map<String, Integer> SIGNALS =
      Map.of("SIGHUP handler", 1, "SIGINT handler", 2, "SIGTERM handler", 15);

  private static volatile int status = RUNNING;

  private ProcessEnd() {}

  /** To be called first: what is added to the process's end later is done before. */
  static void begin() {
    AtExit unused = AtExit.perform(ProcessEnd::leave);
  }

  /** Ends the process. */
  static void with(int code) {
    status = code;
    System.exit(code);
  }

  /** After success nothing is at work, and the JVM's own way is the best. */
  private static void leave() {
    int code = status == RUNNING ? signalled() : status;
    if (code == 0) {
      return;
    }
    try {
      NativeLibrary.getProcess().getFunction("_exit").invokeVoid(new Object[] {code});
    } catch (LinkageError e) {
      // A system without it: the JVM's own way, then.
      return;
    }
  }

  /** As the shells count: 128 and the signal's number; 0 if none ends this process. */
  private static int signalled() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(thread -> SIGNALS.getOrDefault(thread.getName(), 0))
        .filter(signal -> signal > 0)
        .findFirst()
        .map(signal -> 128 + signal)
        .orElse(0);
  }
}
