// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One attention head of size 8 against attention written out in Java, for each variant. */
class RopeTest {
  private static final int SIZE = 8;
  private static final int TOKENS = 30;
  private static final double CONTEXT = 64;
  private static final double THETA = 100;
  private static final double FACTOR = 4;
  private static final double LOW = 1;
  private static final double HIGH = 4;

  @ParameterizedTest
  @ValueSource(strings = {"default", "linear", "llama3"})
  void anglesAreThoseOfTheFormula(String type) {
    ObjectNode json =
        SmallModel.llama()
            .config()
            .put("hidden_size", SIZE)
            .put("num_attention_heads", 1)
            .put("num_key_value_heads", 1)
            .put("head_dim", SIZE)
            .put("rms_norm_eps", 1e-6)
            .put("rope_theta", THETA);
    json.putObject("rope_scaling")
        .put("rope_type", type)
        .put("factor", FACTOR)
        .put("low_freq_factor", LOW)
        .put("high_freq_factor", HIGH)
        .put("original_max_position_embeddings", CONTEXT);
    double[] values = new Random(2).doubles((long) TOKENS * SIZE, -2, 2).toArray();
    double[] identity = new double[SIZE * SIZE];
    for (int i = 0; i < SIZE; i++) {
      identity[i * SIZE + i] = 1;
    }
    ModelConfig config = ConfigReader.read(json, "RopeTest");
    try (TorchScope scope = TorchScope.open()) {
      NDArray eye = f32(scope.float64(identity, SIZE, SIZE));
      Map<String, NDArray> tensors =
          Map.of(
              "norm.weight", f32(scope.zeros(DataType.FLOAT64, SIZE).add(1)),
              "query.weight", eye,
              "key.weight", eye,
              "value.weight", eye);
      SublayerWeights weights =
          new SublayerWeights(
              0,
              SublayerKind.ATTENTION,
              new LayerShape(1, 1, 1),
              tensors,
              ForwardTraits.of(scope, config, 0, SublayerKind.ATTENTION));
      NDArray x = f32(scope.float64(values, TOKENS, SIZE));
      float[] z = new DecoderForward(config).closingInput(scope, x, 1, weights).toFloatArray();
      double[] expected = attention(normalised(values), type);
      for (int i = 0; i < z.length; i++) {
        // F32 over 30 positions; a wrong frequency shows in the second digit.
        assertThat((double) z[i]).isCloseTo(expected[i], within(2e-5));
      }
    }
  }

  private static double frequency(int pair, String type) {
    double plain = Math.pow(THETA, -2.0 * pair / SIZE);
    double wave = 2 * Math.PI / plain;
    if (type.equals("linear")) {
      return plain / FACTOR;
    }
    if (type.equals("default") || wave < CONTEXT / HIGH) {
      return plain;
    }
    if (wave > CONTEXT / LOW) {
      return plain / FACTOR;
    }
    double smooth = (CONTEXT / wave - LOW) / (HIGH - LOW);
    return (1 - smooth) * plain / FACTOR + smooth * plain;
  }

  private static double[] attention(double[] x, String type) {
    double[] turned = new double[x.length];
    for (int t = 0; t < TOKENS; t++) {
      for (int pair = 0; pair < SIZE / 2; pair++) {
        double angle = t * frequency(pair, type);
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
