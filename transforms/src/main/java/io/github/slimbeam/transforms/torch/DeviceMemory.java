// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.engine.EngineException;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A device's memory running out. libtorch says so in words only, each allocator and library in its
 * own.
 */
public final class DeviceMemory {
  private static final Pattern RAN_OUT =
      Pattern.compile("out of memory|can't allocate memory|cannot allocate memory|alloc_failed");

  private DeviceMemory() {}

  /** Work that may run out of the device's memory. */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    T run() throws E;
  }

  /** Whether an engine's failure is that it got no memory, so that less of the work may succeed. */
  public static boolean ranOut(EngineException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null && RAN_OUT.matcher(message.toLowerCase(Locale.ROOT)).find()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Gives back to the device what the engine keeps for later of what was freed: called between two
   * attempts, where large blocks in pieces may be all that is missing. On the CPU nothing is kept.
   */
  public static void giveBack() {
    JvmEngine.giveBack(TorchDevice.JVM.device());
  }

  /**
   * Runs work that cannot be done in smaller parts.
   *
   * @param description what, where, how much it needs and what would help
   * @throws BadInputException with that description and the device, if there is not enough memory
   */
  public static <T, E extends Exception> T need(Supplier<String> description, Work<T, E> work)
      throws E {
    try {
      return work.run();
    } catch (EngineException e) {
      throw explained(e, description);
    }
  }

  /** What to throw where such work failed: the failure itself, unless it is about memory. */
  public static RuntimeException explained(EngineException failure, Supplier<String> description) {
    if (!ranOut(failure)) {
      return failure;
    }
    giveBack();
    String said =
        String.valueOf(failure.getMessage())
            .lines()
            .filter(line -> RAN_OUT.matcher(line.toLowerCase(Locale.ROOT)).find())
            .findFirst()
            .orElse("out of memory");
    return new BadInputException(
        String.format(
            Locale.ROOT, "%s (%s: %s)", description.get(), TorchDevice.current(), said.strip()),
        failure);
  }
}
