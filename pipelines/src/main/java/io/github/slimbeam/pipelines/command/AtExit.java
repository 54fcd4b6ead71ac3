// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * A task of the process's end, whether it comes by itself, by {@code System.exit} or by a signal.
 * Tasks are performed one after another, those added last first, as the JVM's own hooks, which run
 * all at once, are not.
 */
public final class AtExit implements AutoCloseable {
  private static final ConcurrentLinkedDeque<AtExit> TASKS = new ConcurrentLinkedDeque<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(AtExit::performAll, "at-exit"));
  }

  private final Runnable task;

  private AtExit(Runnable task) {
    this.task = task;
  }

  /** Adds a task, which closing what is returned takes out again unless it has begun. */
  public static AtExit perform(Runnable task) {
    AtExit added = new AtExit(task);
    TASKS.push(added);
    return added;
  }

  private static void performAll() {
    for (AtExit next = TASKS.poll(); next != null; next = TASKS.poll()) {
      try {
        next.task.run();
      } catch (RuntimeException e) {
        System.err.println("at the end: " + e);
      }
    }
  }

  @Override
  public void close() {
    TASKS.remove(this);
  }
}
