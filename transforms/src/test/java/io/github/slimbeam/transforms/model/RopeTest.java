// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One attention head of size 8 against attention written out in Java, for each variant. */
class RopeTest {
  private static final int SIZE = 8;
  private static final int TOKENS = 30;
  private static final double CONTEXT = 64;

  @ParameterizedTest
  @ValueSource(strings = {"default", "linear", "llama3"})
  void anglesAreThoseOfTheFormula(String type) {
    Rope rope = new Rope(100, type, type.equals("default") ? 1 : 4, 1, 4, CONTEXT);
    double[] values = new Random(2).doubles((long) TOKENS * SIZE, -2, 2).toArray();
    double[] identity = new double[SIZE * SIZE];
    for (int i = 0; i < SIZE; i++) {
      identity[i * SIZE + i] = 1;
    }
    ModelConfig config =
        new ModelConfig(null, null, SIZE, SIZE, 2, 64, 1e-6, rope, true, List.of());
    try (TorchScope scope = TorchScope.open()) {
      NDArray eye = f32(scope.float64(identity, SIZE, SIZE));
      Map<String, NDArray> tensors =
          Map.of(
              "norm", f32(scope.zeros(DataType.FLOAT64, SIZE).add(1)),
              "query.weight", eye,
              "key.weight", eye,
              "value.weight", eye);
      SublayerWeights weights =
          new SublayerWeights(0, SublayerKind.ATTENTION, new LayerShape(1, 1, 1), tensors);
      NDArray x = f32(scope.float64(values, TOKENS, SIZE));
      float[] z = new DecoderForward(config).closingInput(scope, x, 1, weights).toFloatArray();
      double[] expected = attention(normalised(values), rope);
      for (int i = 0; i < z.length; i++) {
        // F32 over 30 positions; a wrong frequency shows in the second digit.
        assertThat((double) z[i]).isCloseTo(expected[i], within(2e-5));
      }
    }
  }

  private static double frequency(int pair, Rope rope) {
    double plain = Math.pow(rope.theta(), -2.0 * pair / SIZE);
    double wave = 2 * Math.PI / plain;
    if (rope.type().equals("linear")) {
      return plain / rope.factor();
    }
    if (rope.type().equals("default") || wave < CONTEXT / rope.highFrequencyFactor()) {
      return plain;
    }
    if (wave > CONTEXT / rope.lowFrequencyFactor()) {
      return plain / rope.factor();
    }
    double smooth =
        (CONTEXT / wave - rope.lowFrequencyFactor())
            / (rope.highFrequencyFactor() - rope.lowFrequencyFactor());
    return (1 - smooth) * plain / rope.factor() + smooth * plain;
  }

  private static double[] attention(double[] x, Rope rope) {
    double[] turned = new double[x.length];
    for (int t = 0; t < TOKENS; t++) {
      for (int pair = 0; pair < SIZE / 2; pair++) {
        double angle = t * frequency(pair, rope);
        double a = x[t * SIZE + pair];
        double b = x[t * SIZE + pair + SIZE / 2];
        turned[t * SIZE + pair] = a * Math.cos(angle) - b * Math.sin(angle);
        turned[t * SIZE + pair + SIZE / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
    double[] z = new double[x.length];
    for (int t = 0; t < TOKENS; t++) {
      double total = 0;
      for (int s = 0; s <= t; s++) {
        double product = 0;
        for (int i = 0; i < SIZE; i++) {
          product += turned[t * SIZE + i] * turned[s * SIZE + i];
        }
        double weight = Math.exp(product / Math.sqrt(SIZE));
        total += weight;
        for (int i = 0; i < SIZE; i++) {
          z[t * SIZE + i] += weight * x[s * SIZE + i];
        }
      }
      for (int i = 0; i < SIZE; i++) {
        z[t * SIZE + i] /= total;
      }
    }
    return z;
  }

  private static double[] normalised(double[] x) {
    double[] y = new double[x.length];
    for (int t = 0; t < TOKENS; t++) {
      double squares = 0;
      for (int i = 0; i < SIZE; i++) {
        squares += x[t * SIZE + i] * x[t * SIZE + i];
      }
      for (int i = 0; i < SIZE; i++) {
        y[t * SIZE + i] = x[t * SIZE + i] / Math.sqrt(squares / SIZE + 1e-6);
      }
    }
    return y;
  }

  private static NDArray f32(NDArray values) {
    return values.toType(DataType.FLOAT32, false);
  }
}
