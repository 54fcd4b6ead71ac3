// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.model.LayerTraits;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Rope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds a model's {@link RotaryForm} for an architecture. Every variant of the embedding is a
 * multiplier m of each pair's frequency ({@link Rope}), and llama.cpp divides frequencies by a
 * tensor: so any variant is 1 / m there, and entries that do not turn are pairs divided by what
 * leaves nothing. Where a model computes more for long sequences than an architecture does, the
 * file's context ends before.
 */
final class RotaryFit {
  /** What stops a pair: at any position the angle is 0 in single precision. */
  private static final float STILL = 1e30f;

  private final Architecture architecture;
  private final ModelConfig config;
  private final Map<String, GgufValue> keys = new LinkedHashMap<>();
  private final Map<String, List<Float>> divisors = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private int context;

  private RotaryFit(Architecture architecture, ModelConfig config) {
    this.architecture = architecture;
    this.config = config;
    this.context = config.context();
  }

  static RotaryForm of(Architecture architecture, ModelConfig config) throws DoesNotFit {
    return new RotaryFit(architecture, config).form();
  }

  private RotaryForm form() throws DoesNotFit {
    boolean sliding = findWindows();
    Rope rope = findRope(sliding);
    checkSkips();
    express(rope);
    return new RotaryForm(keys, divisors, order(rope.dims()), context, notes);
  }

  /** Whether the file has layers with a sliding window. */
  private boolean findWindows() {
    Architecture.Sliding sliding = architecture.sliding();
    List<Integer> own = windows(true);
    boolean fits =
        sliding != null
            && windows(false).stream().allMatch(window -> window == 0)
            && own.stream().distinct().count() <= 1;
    int smallest =
        config.layerTraits().stream()
            .mapToInt(LayerTraits::window)
            .filter(window -> window > 0)
            .min()
            .orElse(0);
    if (!fits && smallest > 0) {
      limit(
          smallest,
          sliding == null
              ? "it has no sliding windows"
              : "it has sliding windows in other layers than the model");
    }
    int window = fits && !own.isEmpty() ? own.get(0) : 0;
    if (sliding == null || (sliding.optional() && window == 0)) {
      return false;
    }
    keys.put("attention.sliding_window", new GgufValue.U32(window == 0 ? context : window));
    return true;
  }

  /** Windows of the layers that the architecture gives one, or none; 0 where all is seen. */
  private List<Integer> windows(boolean sliding) {
    return IntStream.range(0, config.layers().size())
        .filter(layer -> architecture.slides(layer) == sliding)
        .map(layer -> config.layerTraits().get(layer).window())
        .map(window -> window >= config.context() ? 0 : window)
        .boxed()
        .toList();
  }

  private Rope findRope(boolean sliding) throws DoesNotFit {
    Rope full = only(sliding, false);
    Rope windowed = sliding ? only(true, true) : null;
    Architecture.Sliding settings = architecture.sliding();
    Rope rope = full == null ? windowed : full;
    if (settings != null && windowed != null && rope != null) {
      switch (settings.rope()) {
        case same ->
            DoesNotFit.unless(
                windowed.equals(rope), "it embeds positions in all layers alike, unlike the model");
        case own -> {
          DoesNotFit.unless(isPlain(windowed), "it scales no positions in layers with a window");
          keys.put("rope.freq_base_swa", new GgufValue.F32((float) windowed.theta()));
        }
        case unscaled ->
            DoesNotFit.unless(
                isPlain(windowed) && windowed.theta() == rope.theta(),
                "it scales no positions in layers with a window, and has one base for all layers");
      }
    }
    return rope == null ? still() : rope;
  }

  /** The one embedding of layers with or without a window; null where no positions are embedded. */
  private @Nullable Rope only(boolean sliding, boolean windowed) throws DoesNotFit {
    List<Rope> ropes =
        IntStream.range(0, config.layers().size())
            .filter(layer -> (sliding && architecture.slides(layer)) == windowed)
            .mapToObj(layer -> config.layerTraits().get(layer).rope())
            .filter(Objects::nonNull)
            .map(RotaryFit::comparable)
            .distinct()
            .toList();
    DoesNotFit.unless(
        ropes.size() <= 1, "it embeds positions in these layers alike, unlike the model");
    return ropes.isEmpty() ? null : ropes.get(0);
  }

  /** Without what has no consequence. */
  private static Rope comparable(Rope rope) {
    boolean isLimited = !rope.longFactors().isEmpty() || rope.queryGrowth() != 0;
    return new Rope(
        rope.theta(),
        rope.dims(),
        rope.factors().stream().allMatch(m -> m == 1) ? List.of() : rope.factors(),
        rope.longFactors(),
        rope.attentionFactor(),
        isLimited ? rope.originalContext() : 0,
        rope.queryGrowth());
  }

  private boolean isPlain(Rope rope) {
    return rope.equals(Rope.plain(rope.theta(), config.headSize()));
  }

  /** One that turns nothing. */
  private Rope still() {
    int dims = config.headSize();
    List<Double> factors = IntStream.range(0, dims / 2).mapToObj(i -> 0.0).toList();
    return new Rope(10000, dims, factors, List.of(), 1, 0, 0);
  }

  private void checkSkips() throws DoesNotFit {
    Architecture.Skips skips = architecture.rope().skips();
    List<LayerTraits> layers = config.layerTraits();
    long skipped = layers.stream().filter(layer -> layer.rope() == null).count();
    if (skips == Architecture.Skips.fourth) {
      boolean fourth =
          IntStream.range(0, layers.size())
              .allMatch(i -> (layers.get(i).rope() == null) == ((i + 1) % 4 == 0));
      DoesNotFit.unless(fourth, "it embeds positions in all but each fourth layer");
    } else {
      DoesNotFit.unless(
          skipped == 0 || skipped == layers.size(), "it embeds positions in all layers or in none");
    }
    if (skips == Architecture.Skips.all && skipped > 0) {
      keys.put("rope.scaling.finetuned", new GgufValue.Bool(false));
    }
  }

  private void express(Rope rope) throws DoesNotFit {
    Architecture.Rope own = architecture.rope();
    boolean isPart = rope.dims() < config.headSize();
    DoesNotFit.unless(
        !isPart || own.partial() || (own.factors() && own.neighbours()), "it turns whole heads");
    DoesNotFit.unless(
        !isPart || own.partial() || rope.attentionFactor() == 1,
        "the attention factor of its rope_scaling is whole heads', the model's that of the entries"
            + " that turn");
    if (rope.queryGrowth() != 0) {
      limit((int) rope.originalContext(), "it has no queries that grow with their position");
    }
    boolean isLong = !rope.longFactors().isEmpty();
    if (isLong && !own.longFactors()) {
      limit((int) rope.originalContext(), "it has one set of factors for all contexts");
    }
    keys.put(
        "rope.dimension_count", new GgufValue.U32(own.partial() ? rope.dims() : config.headSize()));
    keys.put("rope.freq_base", new GgufValue.F32((float) rope.theta()));
    if (isLong && own.longFactors()) {
      keys.put("rope.scaling.type", new GgufValue.Text("longrope"));
      keys.put(
          "rope.scaling.original_context_length", new GgufValue.U32((long) rope.originalContext()));
      divisors.put("rope_factors_long.weight", divisors(rope, rope.longFactors()));
      divisors.put("rope_factors_short.weight", divisors(rope, rope.factors()));
    } else {
      expressFactors(rope, isPart && !own.partial());
    }
    if (rope.attentionFactor() != 1) {
      keys.put("rope.scaling.attn_factor", new GgufValue.F32((float) rope.attentionFactor()));
    }
  }

  private void expressFactors(Rope rope, boolean isSpread) throws DoesNotFit {
    List<Double> factors = rope.factors();
    if (factors.isEmpty() && !isSpread) {
      return;
    }
    boolean isLinear =
        !isSpread && factors.stream().allMatch(m -> m > 0 && m.equals(factors.get(0)));
    if (isLinear) {
      keys.put("rope.scaling.type", new GgufValue.Text("linear"));
      keys.put("rope.scaling.factor", new GgufValue.F32((float) (1 / factors.get(0))));
    } else if (architecture.rope().skips() != Architecture.Skips.all || !isStill(factors)) {
      DoesNotFit.unless(
          architecture.rope().factors(),
          "it has no factors for single pairs, and the model's rope_scaling needs them");
      divisors.put("rope_freqs.weight", divisors(rope, factors));
    }
  }

  private static boolean isStill(List<Double> factors) {
    return factors.stream().allMatch(m -> m == 0);
  }

  /** θ^(−2i / rotated by the file) / (m_i · θ^(−2i / dims)) for each pair i of the file. */
  private List<Float> divisors(Rope rope, List<Double> factors) {
    int rotated = architecture.rope().partial() ? rope.dims() : config.headSize();
    List<Float> divisors = new ArrayList<>();
    for (int i = 0; i < rotated / 2; i++) {
      double m = i >= rope.dims() / 2 ? 0 : factors.isEmpty() ? 1 : factors.get(i);
      double spread = Math.pow(rope.theta(), 2.0 * i / rope.dims() - 2.0 * i / rotated);
      divisors.add(m == 0 ? STILL : (float) (spread / m));
    }
    return divisors;
  }

  private List<Integer> order(int dims) {
    if (!architecture.rope().neighbours()) {
      return List.of();
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < dims / 2; i++) {
      order.add(i);
      order.add(i + dims / 2);
    }
    for (int i = dims; i < config.headSize(); i++) {
      order.add(i);
    }
    return order;
  }

  private void limit(int tokens, String why) {
    if (tokens < context) {
      notes.add(
          String.format(
              Locale.ROOT,
              "context %d instead of %d: llama.cpp's %s computes the model's function so far; %s",
              tokens,
              context,
              architecture.name(),
              why));
      context = tokens;
    }
  }
}
