// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** An option whose value names files or directories: {@link CommandPaths} resolves them. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface PathOption {

  /** How the value names them. */
  Kind value() default Kind.PATH;

  /** Whether the command makes what is named; otherwise it reads it. */
  boolean written() default false;

  /** How a value names files or directories. */
  enum Kind {
    /** One path, taken literally. */
    PATH,
    /** Several, literally, with commas between them. */
    PATHS,
    /** Glob patterns with commas between them. */
    PATTERNS,
    /** The same, where {@code NAME=} may stand before a pattern. */
    NAMED_PATTERNS
  }
}
