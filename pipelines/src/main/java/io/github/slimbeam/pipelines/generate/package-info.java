/** A model writing on: {@link io.github.slimbeam.pipelines.generate.Generate}. */
package io.github.slimbeam.pipelines.generate;
