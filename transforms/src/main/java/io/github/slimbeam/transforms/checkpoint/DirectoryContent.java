// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.FormatMethod;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** What the files directly in a directory are, told by their names. */
record DirectoryContent(Storage storage, String directory, List<String> names) {
  static final String CONFIG = "config.json";
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  private static final String ADAPTER = "adapter_config.json";
  private static final Predicate<String> SHARD =
      Pattern.compile(".*-\\d+-of-\\d+\\.safetensors").asMatchPredicate();
  private static final Predicate<String> CONSOLIDATED =
      Pattern.compile("consolidated.*\\.(safetensors|pth)").asMatchPredicate();
  private static final Predicate<String> PICKLE =
      Pattern.compile(".*\\.(bin|pt|pth|ckpt)").asMatchPredicate();
  private static final Predicate<String> OTHER_FRAMEWORK =
      Pattern.compile("tf_model.*\\.h5|flax_model.*\\.msgpack|.*\\.onnx").asMatchPredicate();

  /** What Hugging Face's Trainer keeps to go on with training. */
  private static final Predicate<String> TRAINER =
      Pattern.compile(
              "training_args\\.bin|trainer_state\\.json|(optimizer|scheduler|scaler).*\\.(pt|bin)|rng_state.*\\.pth"
                  + "|zero_to_fp32\\.py")
          .asMatchPredicate();

  static DirectoryContent of(Storage storage, String directory) throws IOException {
    return new DirectoryContent(storage, directory, names(storage, directory));
  }

  private static List<String> names(Storage storage, String directory) throws IOException {
    return storage.list(directory, "*").stream()
        .map(path -> path.substring(path.lastIndexOf('/') + 1))
        .toList();
  }

  boolean hasWeights() {
    return names.stream()
        .anyMatch(
            name ->
                name.endsWith(".safetensors")
                    || name.endsWith(".safetensors.index.json")
                    || (PICKLE.test(name) && !TRAINER.test(name)));
  }

  /** Why there is no configuration. */
  BadInputException withoutConfiguration() throws IOException {
    if (storage.exists(directory)) {
      return directory.endsWith(".gguf")
          ? refusal(
              "a GGUF file, which is not read: give the directory of the Hugging Face checkpoint it was made from")
          : refusal(
              "a file: expected the directory of a Hugging Face checkpoint, with %s and %s",
              CONFIG, SINGLE);
    }
    if (names.contains(ADAPTER)) {
      return adapter();
    }
    if (names.isEmpty()) {
      return refusal(
          "no %s there: expected the directory of a Hugging Face checkpoint, and there is no file at all. A name on"
              + " the hub is not a directory: \"hf download OWNER/NAME --local-dir DIRECTORY\" makes one",
          CONFIG);
    }
    if (has(CONSOLIDATED)) {
      return consolidated();
    }
    if (has(name -> name.endsWith(".gguf"))) {
      return gguf();
    }
    return refusal(
        "no %s there: expected the directory of a Hugging Face checkpoint; what is there: %s",
        CONFIG, few(name -> true));
  }

  /** Why there are no weights under the names that are looked for. */
  BadInputException withoutWeights() throws IOException {
    if (has(SHARD)) {
      return refusal(
          "shards (%s) without their index %s, which says what is in which: download it too, or save the model again",
          few(SHARD), INDEX);
    }
    if (names.contains(ADAPTER)) {
      return adapter();
    }
    if (has(CONSOLIDATED)) {
      return consolidated();
    }
    if (has(PICKLE.and(TRAINER.negate()))) {
      return refusal(
          "the weights are pickles (%s), which can run code when opened and are not read: convert them to safetensors"
              + " first",
          few(PICKLE.and(TRAINER.negate())));
    }
    if (has(name -> name.endsWith(".safetensors"))) {
      return refusal(
          "neither %s nor %s there, only %s: weights under other names are not read",
          SINGLE, INDEX, few(name -> name.endsWith(".safetensors")));
    }
    if (has(name -> name.endsWith(".gguf"))) {
      return gguf();
    }
    if (has(OTHER_FRAMEWORK)) {
      return refusal(
          "only weights of another framework (%s): save the model from PyTorch as safetensors",
          few(OTHER_FRAMEWORK));
    }
    if (has(TRAINER)) {
      return refusal(
          "a Trainer's directory without weights (%s): give one of its checkpoint-N directories that has %s, or save"
              + " the model with trainer.save_model()",
          few(TRAINER), SINGLE);
    }
    return refusal("neither %s nor %s there", SINGLE, INDEX);
  }

  private BadInputException adapter() throws IOException {
    JsonNode adapter = JsonFile.read(storage, storage.resolve(directory, ADAPTER));
    return refusal(
        "an adapter (%s) of %s, not a model: merge it first (merge_and_unload() and save_pretrained() in PEFT), and"
            + " give what that writes",
        adapter.path("peft_type").asText("PEFT"),
        adapter.path("base_model_name_or_path").asText("some base model"));
  }

  private BadInputException consolidated() {
    return refusal(
        "weights in Meta's or Mistral's own format (%s): give the same model in Hugging Face's, with %s and %s",
        few(CONSOLIDATED), CONFIG, SINGLE);
  }

  private BadInputException gguf() {
    return refusal(
        "weights as GGUF (%s), which are not read: give the Hugging Face checkpoint they were made from",
        few(name -> name.endsWith(".gguf")));
  }

  private boolean has(Predicate<String> kind) {
    return names.stream().anyMatch(kind);
  }

  private String few(Predicate<String> kind) {
    List<String> all = names.stream().filter(kind).toList();
    return String.join(", ", all.subList(0, Math.min(3, all.size())))
        + (all.size() > 3 ? " and " + (all.size() - 3) + " more" : "");
  }

  @FormatMethod
  private BadInputException refusal(String message, Object... arguments) {
    return new BadInputException(directory + ": " + String.format(Locale.ROOT, message, arguments));
  }
}
