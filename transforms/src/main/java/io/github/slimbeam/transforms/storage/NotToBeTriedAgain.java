// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.jspecify.annotations.Nullable;

/**
 * Tells Flink, by its annotation, not to restart a job for what it is a cause of. It is a class of
 * its own so that nobody who compiles against this library without Flink hears of the annotation,
 * which a JVM without Flink ignores.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
final class NotToBeTriedAgain extends RuntimeException {
  /** The marked text goes with it, for where only the printed trace arrives. */
  NotToBeTriedAgain(UserText text, @Nullable Throwable cause) {
    super(text.marked(), cause, true, false);
  }
}
