// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How large a pruned model shall be. Each size counts what it is told in: the decoder layers'
 * linear weights, the parameters, or the bytes of the tensors as they are written.
 */
public sealed interface PlanSize extends Serializable {

  /** A share of the decoder layers' linear weights to remove, from 0 to below 1. */
  record Ratio(double ratio) implements PlanSize {
    public Ratio {
      check(ratio >= 0 && ratio < 1, "⟨pruningRatio⟩=%s: expected 0 ≤ ratio < 1", ratio);
    }

    @Override
    public String option() {
      return "pruningRatio";
    }

    @Override
    public String value() {
      return Double.toString(ratio);
    }

    @Override
    public String counted() {
      return "of the layers' linear weights";
    }

    @Override
    public long of(Model model, List<LayerShape> shapes) {
      return model.config().linearParameters(shapes);
    }

    @Override
    public double toRemove(Model model) {
      return ratio * of(model, model.config().layers());
    }
  }

  /**
   * Parameters that the language model shall have.
   *
   * @param target how many
   * @param biases whether the recovery gives closing linears biases, which count
   */
  record Parameters(long target, boolean biases) implements PlanSize {
    @Override
    public String option() {
      return "targetParameters";
    }

    @Override
    public String value() {
      return Long.toString(target);
    }

    @Override
    public String counted() {
      return "parameters";
    }

    @Override
    public long of(Model model, List<LayerShape> shapes) {
      long gained = 0;
      for (int layer = 0; biases && layer < shapes.size(); layer++) {
        for (SublayerKind kind : SublayerKind.values()) {
          gained += gainsBias(model.config(), kind) ? model.config().hidden() : 0;
        }
      }
      return model.config().parameters(shapes) + gained;
    }

    @Override
    public double toRemove(Model model) {
      return difference(this, model, target);
    }
  }

  /**
   * Bytes that the tensors of the written model shall take, those around the language model
   * included.
   *
   * @param target how many
   * @param biases whether the recovery gives closing linears biases, which count
   */
  record Bytes(long target, boolean biases) implements PlanSize {
    @Override
    public String option() {
      return "targetBytes";
    }

    @Override
    public String value() {
      return Long.toString(target);
    }

    @Override
    public String counted() {
      return "bytes";
    }

    @Override
    public long of(Model model, List<LayerShape> shapes) {
      ModelConfig config = model.config();
      Map<String, List<Long>> tensors = config.tensors(shapes);
      long bytes = 0;
      for (TensorEntry entry : model.checkpoint().tensors().values()) {
        List<Long> shape = tensors.get(entry.name());
        if (shape != null || config.isCarried(entry.name())) {
          long elements =
              shape == null ? entry.elements() : shape.stream().reduce(1L, Math::multiplyExact);
          bytes += elements * TensorEntry.width(entry.dtype());
        }
      }
      for (int layer = 0; biases && layer < shapes.size(); layer++) {
        for (SublayerKind kind : SublayerKind.values()) {
          int width = TensorEntry.width(model.closingType(layer, kind));
          bytes += gainsBias(config, kind) ? (long) config.hidden() * width : 0;
        }
      }
      return bytes;
    }

    @Override
    public double toRemove(Model model) {
      return difference(this, model, target);
    }
  }

  /** Name of the parameter that asks for it. */
  String option();

  /** The parameter's value. */
  String value();

  /** What it counts, in words. */
  String counted();

  /** The size of a model of these layers. */
  long of(Model model, List<LayerShape> shapes);

  /**
   * How much of the dense model has to go.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if no model of such layers is
   *     of the size
   */
  double toRemove(Model model);

  /** What a unit of a sub-layer counts for. */
  default double unit(Model model, SublayerKey key) {
    ModelConfig config = model.config();
    LayerShape shape = config.layers().get(key.getLayer());
    int units = shape.units(key.getKind());
    if (units == 1) {
      return (double) config.linearParameters(key.getKind(), shape);
    }
    List<LayerShape> less = new ArrayList<>(config.layers());
    less.set(key.getLayer(), shape.keeping(key.getKind(), units - 1));
    return (double) of(model, config.layers()) - of(model, less);
  }

  private static boolean gainsBias(ModelConfig config, SublayerKind kind) {
    return !config.hasBias(config.family().sublayer(kind).closing());
  }

  private static double difference(PlanSize size, Model model, long target) {
    long dense = size.of(model, model.config().layers());
    long outside = size.of(model, List.of());
    check(
        target <= dense && target > outside,
        "⟨%s⟩=%d: expected at most the dense model's %d and more than the %d outside its layers",
        size.option(),
        target,
        dense,
        outside);
    return (double) dense - target;
  }
}
