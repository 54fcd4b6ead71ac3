// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.transforms.EvaluatePerplexity;
import io.github.slimbeam.transforms.calibration.WindowProtocol;
import io.github.slimbeam.transforms.storage.Json;

/**
 * A perplexity with all that decides it.
 *
 * @param model the model's directory
 * @param text the pattern of the text's files
 * @param protocol how the text became windows
 * @param dtype of the model's weights; computing is in F32, the sum in F64
 * @param sum what was measured
 */
public record Perplexity(
    String model, String text, WindowProtocol protocol, DType dtype, LikelihoodSum sum) {

  /** exp of the mean negative log-likelihood of all tokens but each window's first. */
  public double value() {
    return EvaluatePerplexity.perplexity(sum);
  }

  /** One line for programs. */
  ObjectNode json() {
    ObjectNode line = Json.PLAIN.createObjectNode();
    line.put("model", model);
    line.put("text", text);
    line.put("perplexity", value());
    line.put("windows", sum.getWindows());
    line.put("tokens", sum.getTokens());
    line.put("sequenceLength", protocol.sequenceLength());
    line.put("join", protocol.join().optionName());
    line.put("specialTokens", protocol.specialTokens());
    line.put("dtype", dtype.toString());
    return line;
  }
}
