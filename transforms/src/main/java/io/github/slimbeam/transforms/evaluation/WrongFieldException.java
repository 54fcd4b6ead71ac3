// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

/** A line lacks what one form of a task asks for; another form may do. Its message is a clause. */
final class WrongFieldException extends RuntimeException {
  private static final long serialVersionUID = 1;

  WrongFieldException(String message) {
    super(message);
  }
}
