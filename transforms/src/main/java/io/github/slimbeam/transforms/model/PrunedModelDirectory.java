package io.github.slimbeam.transforms.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

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
  /** How the model came to be, as JSON. */
  public static final String RECORD = "pruning.json";

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
          "LICENSE*",
          "NOTICE*",
          "USE_POLICY*");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Writes one weight file. */
  public CheckpointFile write(PrunedCheckpoint.WeightFile file) throws IOException {
    storage.write(storage.resolve(staging, file.name()), file::writeTo);
    return hash(storage, staging, file.name());
  }

  /** Hashes a file of a checkpoint. */
  public static CheckpointFile hash(Storage storage, String directory, String name)
      throws IOException {
    MessageDigest sha = Sha256.start();
    try (SeekableByteChannel channel = storage.open(storage.resolve(directory, name))) {
      ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
      while (channel.read(chunk) >= 0) {
        sha.update(chunk.flip());
        chunk.clear();
      }
      return new CheckpointFile(name, channel.size(), HexFormat.of().formatHex(sha.digest()));
    }
  }

  /** Writes what is not weights, then moves everything to its place. */
  public void finish(Model model, PrunedCheckpoint pruned, PruningRecord record)
      throws IOException {
    List<String> names =
        new ArrayList<>(pruned.files().stream().map(PrunedCheckpoint.WeightFile::name).toList());
    if (names.size() > 1) {
      names.add(writeJson(Checkpoint.INDEX, pruned.index()));
    }
    for (String path : companions(model.checkpoint().directory())) {
      String name = path.substring(path.lastIndexOf('/') + 1);
      byte[] content = storage.read(path);
      storage.write(
          storage.resolve(staging, name),
          channel -> Storage.writeFully(channel, ByteBuffer.wrap(content)));
      names.add(name);
    }
    Family.Pruned family = model.config().family().pruned();
    storage.writeText(
        storage.resolve(staging, family.code()), new String(model.config().family().code(), UTF_8));
    names.add(family.code());
    names.add(writeJson(RECORD, JSON.readTree(record.toString())));
    names.add(writeJson(Checkpoint.CONFIG, pruned.config()));
    replace(names);
  }

  /**
   * A former model is moved aside and deleted last: whenever this stops, one of the two is whole.
   * What an earlier attempt has moved already stays where it is.
   */
  private void replace(List<String> names) throws IOException {
    String aside = staging.replaceAll("/+$", "") + "-replaced";
    for (String path : storage.list(storage.resolve(output, "*"))) {
      String name = path.substring(path.lastIndexOf('/') + 1);
      String kept = storage.resolve(aside, name);
      boolean ours = names.contains(name) && !storage.exists(storage.resolve(staging, name));
      if (!ours && !storage.exists(kept)) {
        storage.rename(path, kept);
      }
    }
    for (String name : names) {
      String written = storage.resolve(staging, name);
      String target = storage.resolve(output, name);
      if (storage.exists(written) || !storage.exists(target)) {
        storage.rename(written, target);
      }
    }
    storage.deleteTree(aside);
    storage.deleteTree(staging);
  }

  private List<String> companions(String directory) throws IOException {
    List<String> paths = new ArrayList<>();
    for (String pattern : COMPANIONS) {
      paths.addAll(storage.list(storage.resolve(directory, pattern)));
    }
    return paths;
  }

  private String writeJson(String name, JsonNode json) throws IOException {
    storage.writeText(
        storage.resolve(staging, name),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    return name;
  }
}
