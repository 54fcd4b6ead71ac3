// SPDX-License-Identifier: Apache-2.0
/** Where jobs run: the launcher, and what each runner is told unless the user says otherwise. */
package io.github.slimbeam.runners;
