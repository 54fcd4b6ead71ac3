// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.planning.CurvesFile;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The directory of a pruned model while it comes into being: everything is written to a staging
 * directory beside it, and moved when all is there, {@code config.json} last. Without that file no
 * program takes the directory for a model.
 *
 * @param storage where both are
 * @param staging written first
 * @param output the directory to be
 */
public record PrunedModelDirectory(Storage storage, String staging, String output)
    implements Serializable {
  /** Lists what is to be moved, once a former model is aside. */
  private static final String MOVING = "moving.txt";

  /** Files that go with a tokenizer or a licence; never code. */
  private static final List<String> COMPANIONS =
      List.of(
          "tokenizer*.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          "chat_template.jinja",
          "chat_template.json",
          "generation_config.json",
          "*processor_config.json",
          "LICENSE*",
          "NOTICE*",
          "USE_POLICY*");

  /** What a pruned model's directory holds by our doing: files of these names are replaced. */
  private static final List<String> OURS =
      Stream.concat(
              Stream.of(
                  Checkpoint.CONFIG,
                  Checkpoint.SINGLE,
                  Checkpoint.INDEX,
                  "model-?????-of-?????.safetensors",
                  "modeling_slim_*.py",
                  PruningJson.FILE,
                  CurvesFile.NAME,
                  "report.html",
                  "report.json"),
              COMPANIONS.stream())
          .toList();

  /** Writes one weight file to the staging directory, and hashes it. */
  public CheckpointFile write(PrunedCheckpoint.WeightFile file) throws IOException {
    storage.write(storage.resolve(staging, file.name()), file::writeTo);
    return hash(storage, staging, file.name());
  }

  /** Hashes a file of a checkpoint. */
  public static CheckpointFile hash(Storage storage, String directory, String name)
      throws IOException {
    try (SeekableByteChannel channel = storage.open(storage.resolve(directory, name))) {
      MessageDigest sha = Sha256.start(channel.size());
      ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
      while (channel.read(chunk) >= 0) {
        sha.update(chunk.flip());
        chunk.clear();
      }
      return new CheckpointFile(name, channel.size(), HexFormat.of().formatHex(sha.digest()));
    }
  }

  /**
   * Writes what is not weights, then moves everything to its place. It may be called again, with
   * the same record, after an attempt that stopped anywhere in it.
   *
   * @param curves that the plan is of, if it is of any
   */
  public void finish(
      Model model, PrunedCheckpoint pruned, PruningRecord record, Optional<MeasuredCurves> curves)
      throws IOException {
    String json = PruningJson.text(record);
    if (!isThere(json)) {
      if (!isMoving()) {
        List<String> names = stage(model, pruned, json, curves);
        moveAside();
        storage.writeText(inStaging(MOVING), String.join("\n", names));
      }
      move(new String(storage.read(inStaging(MOVING)), UTF_8).lines().toList());
    }
    removeStaging();
  }

  /** Whether an attempt stopped while it moved the model to its place. */
  public boolean isMoving() throws IOException {
    return storage.exists(inStaging(MOVING));
  }

  /** Removes all that was written before the model was whole, and a former model moved aside. */
  public void removeStaging() throws IOException {
    storage.deleteTree(aside());
    storage.deleteTree(staging);
  }

  /** Whether what an attempt before this one moved is all that is to be moved. */
  private boolean isThere(String json) throws IOException {
    String record = storage.resolve(output, PruningJson.FILE);
    return storage.exists(storage.resolve(output, Checkpoint.CONFIG))
        && storage.exists(record)
        && Arrays.equals(storage.read(record), json.getBytes(UTF_8));
  }

  private List<String> stage(
      Model model, PrunedCheckpoint pruned, String json, Optional<MeasuredCurves> curves)
      throws IOException {
    List<String> names =
        new ArrayList<>(pruned.files().stream().map(PrunedCheckpoint.WeightFile::name).toList());
    if (names.size() > 1) {
      names.add(stage(Checkpoint.INDEX, pretty(pruned.index())));
    }
    for (String path : matching(model.checkpoint().directory(), COMPANIONS)) {
      String name = path.substring(path.lastIndexOf('/') + 1);
      byte[] content = companion(name, storage.read(path), model, pruned);
      storage.write(
          inStaging(name), channel -> Storage.writeFully(channel, ByteBuffer.wrap(content)));
      names.add(name);
    }
    if (pruned.hasOwnCode()) {
      OwnClass own = OwnClass.of(model.config());
      names.add(stage(own.module() + ".py", own.code()));
    }
    if (curves.isPresent()) {
      RecordFile.write(storage, inStaging(CurvesFile.NAME), curves.get());
      names.add(CurvesFile.NAME);
    }
    names.add(stage(PruningJson.FILE, json));
    names.add(stage(Checkpoint.CONFIG, pretty(pruned.config())));
    return names;
  }

  private static byte[] companion(String name, byte[] content, Model model, PrunedCheckpoint pruned)
      throws IOException {
    return name.equals("tokenizer_config.json") && pruned.hasOwnCode()
        ? OwnClass.of(model.config()).tokenizerConfig(content)
        : content;
  }

  private String stage(String name, String text) throws IOException {
    storage.writeText(inStaging(name), text);
    return name;
  }

  /**
   * A former model is deleted last: whenever this stops, one of the two is whole. What else lies in
   * the directory is its user's, and stays.
   */
  private void moveAside() throws IOException {
    List<String> former = new ArrayList<>(matching(output, OURS));
    if (CardFile.isOurs(storage, output)) {
      former.add(storage.resolve(output, CardFile.NAME));
    }
    for (String path : former) {
      storage.rename(path, storage.resolve(aside(), path.substring(path.lastIndexOf('/') + 1)));
    }
  }

  private void move(List<String> names) throws IOException {
    for (String name : names) {
      String target = storage.resolve(output, name);
      if (storage.exists(inStaging(name))) {
        storage.rename(inStaging(name), target);
      }
      check(
          storage.exists(target),
          "%s: missing when the finished model was moved to its place: was %s changed by somebody else?",
          inStaging(name),
          staging);
    }
  }

  private String inStaging(String name) {
    return storage.resolve(staging, name);
  }

  private String aside() {
    return Storage.withoutSlash(staging) + "-replaced";
  }

  private List<String> matching(String directory, List<String> patterns) throws IOException {
    Set<String> paths = new LinkedHashSet<>();
    for (String pattern : patterns) {
      paths.addAll(storage.list(directory, pattern));
    }
    return List.copyOf(paths);
  }

  private static String pretty(JsonNode json) throws IOException {
    return Json.PLAIN.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
  }
}
