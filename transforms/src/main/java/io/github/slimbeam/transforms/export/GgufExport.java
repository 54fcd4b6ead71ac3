// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.gguf.GgufWriter;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model as a GGUF file, dense or pruned.
 *
 * @param form the architecture that computes it
 * @param type in which matrices are stored
 */
public record GgufExport(
    Model model,
    GgufForm form,
    GgufType type,
    Map<String, GgufValue> metadata,
    List<GgufWriter.Source> tensors) {

  /**
   * Plans the file; no weight is read.
   *
   * @param tokenizer keys of its tokenizer
   * @throws io.github.slimbeam.transforms.storage.BadInputException if no architecture computes the
   *     model, or the type cannot take a tensor's rows
   */
  public static GgufExport of(Model model, GgufType type, Map<String, GgufValue> tokenizer) {
    GgufForm form = GgufForm.of(model.config(), model.checkpoint().directory());
    Map<String, GgufValue> metadata = new LinkedHashMap<>(GgufKeys.of(form, type));
    metadata.putAll(tokenizer);
    return new GgufExport(
        model,
        form,
        type,
        Collections.unmodifiableMap(metadata),
        GgufTensors.of(model, form, type));
  }

  /** Bytes of the file. */
  public long size() {
    return GgufWriter.size(metadata, tensors);
  }

  /** Hears how far a file is written. */
  @FunctionalInterface
  public interface Progress {
    /** Called when a tensor is about to be written, after so many bytes of weights. */
    void at(String tensor, long bytes);
  }

  /**
   * Writes the file, beside its place first.
   *
   * <p><em>Cost</em>: every weight is read once; memory as {@link GgufWriter} and a few millions of
   * weights.
   */
  public void write(Storage storage, String path, Progress progress) throws IOException {
    long[] written = {0};
    List<GgufWriter.Source> heard =
        tensors.stream()
            .map(
                tensor ->
                    new GgufWriter.Source(
                        tensor.name(),
                        tensor.type(),
                        tensor.shape(),
                        channel -> {
                          progress.at(tensor.name(), written[0]);
                          tensor.content().writeTo(channel);
                          written[0] += tensor.size();
                        }))
            .toList();
    storage.write(path, channel -> GgufWriter.write(channel, metadata, heard));
  }
}
