// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A random model of transformers' own class, and what transformers computes with it. {@code
 * fixtures/families.py} makes them.
 */
public record FamilyFixture(String name) {
  private static final Path FOLDER = Path.of("src/test/resources/fixtures/families");

  /** All there are. */
  public static List<FamilyFixture> all() {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders
          .map(f -> new FamilyFixture(f.getFileName().toString()))
          .sorted((a, b) -> a.name.compareTo(b.name))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The model's directory. */
  public Path directory() {
    return FOLDER.resolve(name).toAbsolutePath();
  }

  /** The model. */
  public Model open() throws IOException {
    return Model.open(ExampleModel.STORAGE, directory().toString());
  }

  /** A tensor that transformers computed. */
  public NDArray expected(TorchScope scope, String tensor) throws IOException {
    return ExampleModel.fixture(scope, "families/" + name + "/expected", tensor);
  }

  /** Ids that transformers was given or found. */
  public int[] ids(String tensor) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      return Arrays.stream(expected(scope, tensor).toType(DataType.INT64, false).toLongArray())
          .mapToInt(Math::toIntExact)
          .toArray();
    }
  }

  /** The two sequences that it was given. */
  public List<TokenSequence> sequences() throws IOException {
    int[] ids = ids("input_ids");
    int length = ids.length / 2;
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      sequences.add(
          new TokenSequence(i, Arrays.stream(ids, i * length, (i + 1) * length).boxed().toList()));
    }
    return sequences;
  }

  @Override
  public String toString() {
    return name;
  }
}
