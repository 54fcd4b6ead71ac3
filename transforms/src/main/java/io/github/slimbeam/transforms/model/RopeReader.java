// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * Reads rotary embeddings from {@code rope_theta} and {@code rope_scaling}, or from {@code
 * rope_parameters} as transformers 5 writes them, for all layers or by the kind of layer.
 *
 * <p><em>Reference</em>: transformers' {@code modeling_rope_utils.py}.
 */
final class RopeReader {
  private static final Set<String> KNOWN =
      Set.of(
          "rope_type",
          "type",
          "rope_theta",
          "factor",
          "partial_rotary_factor",
          "low_freq_factor",
          "high_freq_factor",
          "original_max_position_embeddings",
          "max_position_embeddings",
          "beta_fast",
          "beta_slow",
          "attention_factor",
          "mscale",
          "mscale_all_dim",
          "truncate",
          "short_factor",
          "long_factor",
          "llama_4_scaling_beta",
          "finetuned");

  private final RopeSettings settings;
  private final JsonNode config;
  private final int headSize;
  private final int context;
  private final String where;

  RopeReader(RopeSettings settings, JsonNode config, int headSize, int context, String where) {
    this.settings = settings;
    this.config = config;
    this.headSize = headSize;
    this.context = context;
    this.where = where;
  }

  /** Whether positions are embedded in a layer. */
  boolean isEmbedded(int layer, int layers) {
    if (settings.kind() != null) {
      JsonNode kind = settings.kind().in(config);
      check(
          kind.isNull() || kind.isMissingNode() || List.of("rope", "nope").contains(kind.asText()),
          "%s: %s %s, expected rope or nope",
          where,
          settings.kind().named(config),
          kind);
      return kind.asText().equals("rope");
    }
    JsonNode list =
        settings.skipList() == null ? MissingNode.getInstance() : config.path(settings.skipList());
    if (list.isArray()) {
      check(
          list.size() == layers && list.get(layer).isInt(),
          "%s: expected %d whole numbers for %s, found %s",
          where,
          layers,
          settings.skipList(),
          list);
      return list.get(layer).asInt() != 0;
    }
    return settings.skipEvery() == null
        || (layer + 1) % (int) settings.skipEvery().required(config, where) != 0;
  }

  /** The embedding of layers with or without a sliding window. */
  Rope of(boolean sliding) {
    JsonNode parameters = config.path("rope_parameters");
    JsonNode own = parameters.path(sliding ? "sliding_attention" : "full_attention");
    if (own.isObject()) {
      return of(own, base(own));
    }
    check(
        !parameters.path("full_attention").isObject()
            && !parameters.path("sliding_attention").isObject(),
        "%s: rope_parameters has nothing for layers %s sliding window",
        where,
        sliding ? "with a" : "without a");
    check(
        settings.slidingTheta() == null || !parameters.isObject(),
        "%s: expected full_attention and sliding_attention in rope_parameters, found %s",
        where,
        parameters);
    if (sliding && settings.slidingTheta() != null) {
      return Rope.plain(
          settings.slidingTheta().number(config, where).orElse(base(parameters)), headSize);
    }
    JsonNode scaling = parameters.isObject() ? parameters : config.path("rope_scaling");
    return of(scaling, base(scaling));
  }

  private double base(JsonNode scaling) {
    JsonNode theta =
        scaling.hasNonNull("rope_theta") ? scaling.get("rope_theta") : config.path("rope_theta");
    check(
        theta.isMissingNode() || theta.isNull() || theta.asDouble() > 0,
        "%s: expected a positive number for rope_theta, found %s",
        where,
        theta);
    return theta.asDouble(settings.theta());
  }

  private Rope of(JsonNode scaling, double theta) {
    scaling
        .fieldNames()
        .forEachRemaining(
            field ->
                check(
                    KNOWN.contains(field),
                    "%s: rope: %s is a field that we do not know",
                    where,
                    field));
    String said = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    String type = settings.aliases() == null ? said : settings.aliases().getOrDefault(said, said);
    check(
        settings.types().contains(type),
        "%s: rope type %s, expected one of %s",
        where,
        said,
        settings.types());
    int dims = dims(scaling);
    double original = original(scaling);
    double growth = scaling.path("llama_4_scaling_beta").asDouble(0);
    check(
        growth == 0 || settings.queryGrowth(),
        "%s: rope: llama_4_scaling_beta %s: models of this family do not compute it",
        where,
        growth);
    Rope plain = new Rope(theta, dims, List.of(), List.of(), 1, original, growth);
    return switch (type) {
      case "default", "dynamic" -> plain;
      case "linear" -> {
        double factor = positive(scaling, "factor");
        yield factored(plain, f -> 1 / factor);
      }
      case "llama3" -> llama3(plain, scaling);
      case "yarn" -> yarn(plain, scaling);
      case "longrope" -> longRope(plain, scaling);
      default -> throw new IllegalStateException(type);
    };
  }

  private int dims(JsonNode scaling) {
    double share =
        scaling
            .path("partial_rotary_factor")
            .asDouble(config.path("partial_rotary_factor").asDouble(1));
    int dims = (int) (headSize * share);
    check(
        dims == headSize || settings.partial(),
        "%s: partial_rotary_factor %s: models of this family turn whole heads",
        where,
        share);
    check(
        dims > 0 && dims <= headSize && dims % 2 == 0,
        "%s: partial_rotary_factor %s of heads of %d: expected an even number of entries",
        where,
        share,
        headSize);
    return dims;
  }

  private double original(JsonNode scaling) {
    String field = "original_max_position_embeddings";
    double own = config.path(field).asDouble(scaling.path(field).asDouble(context));
    check(own > 0, "%s: rope: expected a positive %s", where, field);
    return own;
  }

  private Rope factored(Rope plain, DoubleUnaryOperator factor) {
    List<Double> factors =
        IntStream.range(0, plain.dims() / 2)
            .mapToObj(i -> factor.applyAsDouble(Math.pow(plain.theta(), -2.0 * i / plain.dims())))
            .toList();
    return with(plain, factors, List.of(), 1);
  }

  private Rope llama3(Rope plain, JsonNode scaling) {
    double factor = positive(scaling, "factor");
    double low = positive(scaling, "low_freq_factor");
    double high = positive(scaling, "high_freq_factor");
    return factored(
        plain,
        f -> {
          double waves = plain.originalContext() * f / (2 * Math.PI);
          double smooth = Math.max(0, Math.min(1, (waves - low) / (high - low)));
          return (1 - smooth) / factor + smooth;
        });
  }

  private Rope yarn(Rope plain, JsonNode scaling) {
    double factor =
        scaling.hasNonNull("factor")
            ? positive(scaling, "factor")
            : context / plain.originalContext();
    double low = turns(plain, either(scaling, "beta_fast", 32));
    double high = turns(plain, either(scaling, "beta_slow", 1));
    if (scaling.path("truncate").asBoolean(true)) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    double first = Math.max(low, 0);
    double last = Math.min(high, plain.dims() - 1.0);
    double width = first == last ? 0.001 : last - first;
    List<Double> factors = new ArrayList<>();
    for (int i = 0; i < plain.dims() / 2; i++) {
      double ramp = Math.max(0, Math.min(1, (i - first) / width));
      factors.add(ramp / factor + 1 - ramp);
    }
    double all = either(scaling, "mscale_all_dim", 0);
    double one = either(scaling, "mscale", 0);
    double attention =
        one != 0 && all != 0 ? growth(factor, one) / growth(factor, all) : growth(factor, 1);
    return with(plain, factors, List.of(), either(scaling, "attention_factor", attention));
  }

  /** The pair that turns so many times over the original context. */
  private static double turns(Rope rope, double turns) {
    return rope.dims()
        * Math.log(rope.originalContext() / (turns * 2 * Math.PI))
        / (2 * Math.log(rope.theta()));
  }

  private static double growth(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  private Rope longRope(Rope plain, JsonNode scaling) {
    double factor =
        scaling.hasNonNull("factor")
            ? positive(scaling, "factor")
            : context / plain.originalContext();
    double attention =
        factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(plain.originalContext()));
    return with(
        plain,
        reciprocals(scaling, "short_factor", plain.dims() / 2),
        reciprocals(scaling, "long_factor", plain.dims() / 2),
        either(scaling, "attention_factor", attention));
  }

  private List<Double> reciprocals(JsonNode scaling, String field, int count) {
    List<Double> reciprocals = new ArrayList<>();
    scaling.path(field).forEach(number -> reciprocals.add(1 / number.asDouble()));
    check(
        reciprocals.size() == count
            && reciprocals.stream().allMatch(r -> r > 0 && Double.isFinite(r)),
        "%s: rope: expected %d positive numbers for %s, found %s",
        where,
        count,
        field,
        scaling.path(field));
    return reciprocals;
  }

  private static Rope with(
      Rope plain, List<Double> factors, List<Double> longFactors, double attention) {
    return new Rope(
        plain.theta(),
        plain.dims(),
        factors,
        longFactors,
        attention,
        plain.originalContext(),
        plain.queryGrowth());
  }

  private static double either(JsonNode scaling, String field, double otherwise) {
    return scaling.hasNonNull(field) && scaling.get(field).asDouble() != 0
        ? scaling.get(field).asDouble()
        : otherwise;
  }

  private double positive(JsonNode scaling, String field) {
    check(scaling.path(field).asDouble() > 0, "%s: rope: expected a positive %s", where, field);
    return scaling.get(field).asDouble();
  }
}
