// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import java.io.IOException;
import java.io.Serializable;
import java.util.Optional;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * What a DoFn makes of a view, made once a bundle instead of at every element: Flink's runner on
 * DataStreams builds a view anew at every access. The DoFn calls {@link #forget} where a bundle
 * starts; all its elements are in one window.
 *
 * @param <V> the view's value
 * @param <T> what is made of it
 */
final class OncePerBundle<V, T> implements Serializable {
  private static final long serialVersionUID = 1;

  /** Makes something of a view's value. */
  @FunctionalInterface
  interface Made<V, T> extends Serializable {
    T of(V value) throws IOException;
  }

  private final PCollectionView<V> view;
  private final Made<V, T> made;
  private transient Optional<T> kept;

  private OncePerBundle(PCollectionView<V> view, Made<V, T> made) {
    this.view = view;
    this.made = made;
    this.kept = Optional.empty();
  }

  /** The view's value itself. */
  static <V> OncePerBundle<V, V> of(PCollectionView<V> view) {
    return new OncePerBundle<>(view, value -> value);
  }

  /** What a function makes of the view's value. */
  static <V, T> OncePerBundle<V, T> of(PCollectionView<V> view, Made<V, T> made) {
    return new OncePerBundle<>(view, made);
  }

  /** A new bundle starts. */
  void forget() {
    kept = Optional.empty();
  }

  /** What is made of the view, now or before in this bundle. */
  T in(DoFn<?, ?>.ProcessContext context) throws IOException {
    if (kept.isEmpty()) {
      kept = Optional.of(made.of(context.sideInput(view)));
    }
    return kept.get();
  }
}
