// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Weights in use in this JVM, one copy however many workers share it. A worker's functions come and
 * go with every layer, so none of them owns weights: each leases them for a bundle. Of a run, what
 * nobody leases any more is kept while it is the latest, for runners that cut a stage in many
 * bundles.
 */
public final class SharedWeights {
  private static final Map<String, Entry> IN_USE = new HashMap<>();
  private static @Nullable String idleKey;
  private static @Nullable Entry idle;

  /** Loads weights into a scope. */
  @FunctionalInterface
  public interface Loader {
    SublayerWeights load(TorchScope scope) throws IOException;
  }

  private record Entry(TorchScope scope, SublayerWeights weights, int leases) {
    Entry withLeases(int count) {
      return new Entry(scope, weights, count);
    }
  }

  private SharedWeights() {}

  /** The right to use weights until closed. */
  public static final class Lease implements AutoCloseable {
    private final String key;
    private final SublayerWeights weights;
    private final boolean keep;
    private boolean closed;

    private Lease(String key, SublayerWeights weights, boolean keep) {
      this.key = key;
      this.weights = weights;
      this.keep = keep;
    }

    public SublayerWeights weights() {
      return weights;
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        release(key, keep);
      }
    }
  }

  /** Leases a sub-layer's weights as the model has them. */
  public static Lease acquire(Model model, int layer, SublayerKind kind) throws IOException {
    return acquire(
        model.checkpoint().directory() + "#" + layer + kind,
        scope -> SublayerWeights.load(scope, model, layer, kind));
  }

  /** Leases the weights of this key, loading them if nobody holds them. */
  public static Lease acquire(String key, Loader loader) throws IOException {
    return acquire(key, loader, false);
  }

  /**
   * As {@link #acquire(Model, int, SublayerKind)}, for a submission of a run, of which the latest
   * weights are kept: another submission may find other weights in the same directory.
   */
  public static Lease acquire(
      Model model, int layer, SublayerKind kind, Compute compute, String submission)
      throws IOException {
    return acquireKept(
        model.checkpoint().directory() + "#" + layer + kind + "@" + submission,
        scope -> SublayerWeights.load(scope, model, layer, kind).in(scope, compute));
  }

  /**
   * Leases the weights of this key, loading them if nobody holds them and they are not the latest
   * that somebody did.
   *
   * @param key never stands for other weights in this JVM
   */
  public static Lease acquireKept(String key, Loader loader) throws IOException {
    return acquire(key, loader, true);
  }

  private static Lease acquire(String key, Loader loader, boolean keep) throws IOException {
    synchronized (IN_USE) {
      Entry entry = IN_USE.get(key);
      if (entry == null && key.equals(idleKey)) {
        entry = idle;
        idleKey = null;
        idle = null;
      }
      if (entry == null) {
        dropIdle();
        TorchScope scope = TorchScope.open();
        try {
          SublayerWeights weights =
              DeviceMemory.need(
                  () ->
                      key
                          + ": its weights do not fit in the device's memory in F32: choose another"
                          + " ⟨device⟩ or fewer slots per device",
                  () -> loader.load(scope));
          entry = new Entry(scope, weights, 0);
        } catch (IOException | RuntimeException e) {
          scope.close();
          throw e;
        }
      }
      IN_USE.put(key, entry.withLeases(entry.leases() + 1));
      return new Lease(key, entry.weights(), keep);
    }
  }

  private static void release(String key, boolean keep) {
    synchronized (IN_USE) {
      Entry entry = requireNonNull(IN_USE.get(key), key);
      if (entry.leases() == 1) {
        IN_USE.remove(key);
        dropIdle();
        if (keep) {
          idleKey = key;
          idle = entry.withLeases(0);
        } else {
          entry.scope().close();
        }
      } else {
        IN_USE.put(key, entry.withLeases(entry.leases() - 1));
      }
    }
  }

  /** Frees what is kept though nobody leases it: before something else needs the memory. */
  public static void dropIdle() {
    synchronized (IN_USE) {
      if (idle != null) {
        idle.scope().close();
        idle = null;
        idleKey = null;
      }
    }
  }

  /** Number of keys held at this moment: zero once every worker is done. */
  public static int inUse() {
    synchronized (IN_USE) {
      return IN_USE.size();
    }
  }
}
