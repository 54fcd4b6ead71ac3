/** Where jobs run: the launcher, and what each runner is told unless the user says otherwise. */
package io.github.slimbeam.runners;
