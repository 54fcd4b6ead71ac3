// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A pruned model written with zeros is the same function in a stock class. */
class PaddingTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Families#all")
  void thePaddedModelOfAFamilyIsThePrunedOne(Family family) throws IOException {
    Model dense = SmallModel.of(family).writeTo(directory.resolve("dense"));
    boolean heads = dense.config().isPrunable(SublayerKind.ATTENTION);
    List<PrunedSublayer> pruned =
        PrunedModelDirectoryTest.prune(dense, directory).stream()
            .filter(p -> heads || p.getReport().getSublayer().getKind() != SublayerKind.ATTENTION)
            .toList();
    PrunedCheckpoint own = new PrunedCheckpoint(dense, pruned, PrunedCheckpoint.MAX_FILE);
    Model narrow = write(own, "own");
    PrunedCheckpoint wide = own.padded();
    assertThat(wide.hasOwnCode()).isFalse();
    Model padded = write(wide, "padded");
    LayerShape first = padded.config().layers().get(0);
    assertThat(padded.config().layers()).containsOnly(first);
    assertThat(first.channels()).isEqualTo(24);
    List<TokenSequence> batch = MaskedModel.sequences(4);
    try (TorchScope scope = TorchScope.open()) {
      // Sums over more columns, of zeros: two orders above F32's rounding of logits of about 10.
      assertThat(
              MaskedModel.distance(
                  MaskedModel.logits(scope, padded, batch),
                  MaskedModel.logits(scope, narrow, batch)))
          .isLessThan(1e-4f);
    }
  }

  @Test
  void rowsAreFollowedByZerosHoweverTheyArrive() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PaddedRows rows = new PaddedRows(Channels.newChannel(out), 3, 2)) {
      Storage.writeFully(rows, ByteBuffer.wrap(new byte[] {1, 2}));
      Storage.writeFully(rows, ByteBuffer.wrap(new byte[] {3, 4, 5, 6, 7}));
      Storage.writeFully(rows, ByteBuffer.wrap(new byte[] {8, 9}));
    }
    assertThat(out.toByteArray()).containsExactly(1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 7, 8, 9, 0, 0);
  }

  @Test
  void biasesThatNoStockClassHasAreRefused() throws IOException {
    Model dense = SmallModel.llama().writeTo(directory.resolve("dense"));
    dense.config().language().put("mlp_output_bias", true);
    assertThatThrownBy(() -> Padding.checkFor(dense.config()))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("padToUniform: no stock class of family llama takes the biases");
  }

  private Model write(PrunedCheckpoint checkpoint, String name) throws IOException {
    String place = directory.resolve(name).toString();
    for (PrunedCheckpoint.WeightFile file : checkpoint.files()) {
      ExampleModel.STORAGE.write(ExampleModel.STORAGE.resolve(place, file.name()), file::writeTo);
    }
    ExampleModel.STORAGE.writeText(
        ExampleModel.STORAGE.resolve(place, Checkpoint.CONFIG),
        Json.PLAIN.writeValueAsString(checkpoint.config()));
    return Model.open(ExampleModel.STORAGE, place);
  }
}
