// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/** A sub-layer pruned without any method: removed columns go, the others keep their bytes. */
public final class HandPruned {
  private HandPruned() {}

  /** Keeps these units of a sub-layer; the closing weight is written to the work directory. */
  public static PrunedSublayer keep(
      Model model, Path work, int layer, SublayerKind kind, Integer... units) throws IOException {
    List<Integer> kept = List.of(units);
    LayerShape shape = model.config().layers().get(layer);
    int span =
        kind == SublayerKind.FFN ? 1 : shape.heads() / shape.groups() * model.config().headSize();
    int[] columns = SublayerWeights.positions(kept, span);
    String name = model.closing(layer, kind);
    TensorEntry entry = model.checkpoint().tensors().get(name);
    byte[] dense = bytes(model, name);
    int width = TensorEntry.width(entry.dtype());
    int rowBytes = (int) (entry.shape().get(1) * width);
    int rows = Math.toIntExact(entry.shape().get(0));
    ByteBuffer bytes = ByteBuffer.allocate(rows * columns.length * width);
    for (int row = 0; row < rows; row++) {
      for (int column : columns) {
        bytes.put(dense, row * rowBytes + column * width, width);
      }
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes.flip());
    bytes.rewind();
    String path = work.resolve("by-hand-" + layer + kind + ".safetensors").toString();
    List<Long> newShape = List.of(entry.shape().get(0), (long) columns.length);
    SafetensorsWriter.Source source =
        new SafetensorsWriter.Source(
            "weight",
            entry.dtype(),
            newShape,
            channel -> Storage.writeFully(channel, bytes.duplicate()));
    ExampleModel.STORAGE.write(
        path, channel -> SafetensorsWriter.write(channel, Map.of(), List.of(source)));
    return new PrunedSublayer(
        new SublayerReport(
            new SublayerKey(layer, kind),
            shape.units(kind),
            kept,
            0.0,
            0.0,
            0,
            1L,
            0,
            0.0,
            List.of(),
            List.of(),
            List.of(),
            List.of()),
        new TensorReference(
            path,
            "weight",
            entry.dtype(),
            newShape,
            HexFormat.of().toHexDigits((int) crc.getValue())),
        null,
        List.of());
  }

  /** A tensor's bytes as the file has them. */
  public static byte[] bytes(Model model, String name) throws IOException {
    try (SafetensorsFile file = model.checkpoint().open(name)) {
      TensorEntry entry = file.entry(name);
      ByteBuffer bytes = ByteBuffer.allocate((int) (entry.end() - entry.begin()));
      file.read(entry, 0, bytes);
      return bytes.array();
    }
  }
}
