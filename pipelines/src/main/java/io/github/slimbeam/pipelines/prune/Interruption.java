// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.command.AtExit;
import java.util.concurrent.locks.LockSupport;

/** Tidies a run's directories also when the JVM is told to stop in the middle. */
final class Interruption {
  private Interruption() {}

  /** Until what is returned is closed. */
  static AtExit tidying(WorkPlace place) {
    return AtExit.perform(() -> tidy(place));
  }

  /** Workers of this JVM may still be writing while it goes down, so they get a moment first. */
  private static void tidy(WorkPlace place) {
    System.err.println("\ninterrupted");
    LockSupport.parkNanos(300_000_000);
    place.close();
  }
}
