package io.github.slimbeam.pipelines;

/** Removes a run's directories also when the JVM is told to stop in the middle. */
final class Interruption implements AutoCloseable {
  private final Thread hook;

  private Interruption(WorkPlace place) {
    this.hook = new Thread(() -> remove(place), "remove-work");
  }

  static Interruption removing(WorkPlace place) {
    Interruption interruption = new Interruption(place);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /**
   * Workers of this JVM may still be writing while it goes down: what they make anew is removed
   * again.
   */
  private static void remove(WorkPlace place) {
    System.err.println("\ninterrupted: removing the unfinished output");
    for (int i = 0; i < 5; i++) {
      place.close();
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
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
