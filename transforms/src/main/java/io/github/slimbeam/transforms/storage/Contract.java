// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Tells NullAway what a method does for which arguments: after a check for null, nothing is. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
@interface Contract {
  /** Such as {@code false, _ -> fail}: it throws if the first of two arguments is false. */
  String value();
}
