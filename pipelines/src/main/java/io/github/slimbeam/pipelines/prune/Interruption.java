// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

/** Tidies a run's directories also when the JVM is told to stop in the middle. */
final class Interruption implements AutoCloseable {
  private final Thread hook;

  private Interruption(WorkPlace place) {
    this.hook = new Thread(() -> tidy(place), "tidy-work");
  }

  static Interruption tidying(WorkPlace place) {
    Interruption interruption = new Interruption(place);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** Workers of this JVM may still be writing while it goes down, so they get a moment first. */
  private static void tidy(WorkPlace place) {
    System.err.println("\ninterrupted");
    try {
      Thread.sleep(300);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    place.close();
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running: it removes what this run leaves.
      return;
    }
  }
}
