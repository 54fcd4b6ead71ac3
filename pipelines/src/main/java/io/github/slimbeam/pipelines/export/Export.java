// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.export;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.SeparatePlaces;
import io.github.slimbeam.pipelines.command.WritablePlace;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.export.GgufExport;
import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.gguf.GgufHeader;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.vocabulary.TokenizerMetadata;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.util.Locale;

/**
 * Writes a model, dense or pruned, as one GGUF file, in this process and without a runner. What
 * cannot be written is refused before the first byte; the file appears once it is whole.
 */
public final class Export {
  private Export() {}

  /** What the command takes. */
  public static DeclaredOptions<ExportOptions> options() {
    return DeclaredOptions.of(ExportOptions.class);
  }

  /** Writes the file that the options name; throws where it fails. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(options(), args, Export::run);
  }

  private static void run(ExportOptions options) throws IOException {
    Storage storage = new FileSystemsStorage();
    String output = options.getOutput();
    checkOutput(storage, options);
    Model model = Model.open(storage, options.getModel());
    GgufType type = options.getDtype() == null ? ownType(model) : options.getDtype();
    GgufExport export =
        GgufExport.of(
            model,
            type,
            TokenizerMetadata.of(storage, options.getModel(), model.config().vocabulary()));
    export.form().notes().forEach(System.err::println);
    export.write(storage, output, new Lines(System.err, export));
    System.err.println("written to " + output);
    System.out.println(Json.PLAIN.writeValueAsString(summary(options, export)));
  }

  /** What most of the model's weights are stored in. */
  private static GgufType ownType(Model model) {
    return switch (model.closingType(0, SublayerKind.FFN)) {
      case BF16 -> GgufType.BF16;
      case F16 -> GgufType.F16;
      case F32, F64, I64, I32 -> GgufType.F32;
    };
  }

  private static ObjectNode summary(ExportOptions options, GgufExport export) {
    return Json.PLAIN
        .createObjectNode()
        .put("model", options.getModel())
        .put("format", options.getFormat().name())
        .put("output", options.getOutput())
        .put("architecture", export.form().architecture().name())
        .put("dtype", export.type().name())
        .put("context", export.form().context())
        .put("tensors", export.tensors().size())
        .put("bytes", export.size());
  }

  private static void checkOutput(Storage storage, ExportOptions options) throws IOException {
    String output = options.getOutput();
    check(
        output.endsWith(".gguf"),
        "--output=%s: expected the name of a file that ends with .gguf",
        output);
    check(
        !FilePath.isLocal(output) || !Files.isDirectory(FilePath.local(output)),
        "--output=%s is a directory: expected a file",
        output);
    if (storage.exists(output)) {
      check(
          options.getOverwrite(),
          "--output=%s exists: choose another file, or add --overwrite",
          output);
      try (SeekableByteChannel channel = storage.open(output)) {
        check(
            GgufHeader.begins(channel, output),
            "--output=%s is no GGUF file, so --overwrite does not replace it",
            output);
      }
    }
    SeparatePlaces places = SeparatePlaces.readBy(options(), options);
    places.made("--output", output);
    places.check();
    WritablePlace.check("--output", output);
  }

  /** A line for each layer, as its first tensor is about to be written. */
  private static final class Lines implements GgufExport.Progress {
    private final PrintStream out;
    private final long bytes;
    private final String architecture;
    private final int layers;
    private int next;

    Lines(PrintStream out, GgufExport export) {
      this.out = out;
      this.bytes = export.size();
      this.architecture = export.form().architecture().name();
      this.layers = export.form().config().layers().size();
    }

    @Override
    public void at(String tensor, long written) {
      if (tensor.startsWith("blk." + next + ".")) {
        out.printf(
            Locale.ROOT,
            "%s, layer %d of %d; %.1f of %.1f MB%n",
            architecture,
            next,
            layers,
            written / 1e6,
            bytes / 1e6);
        next++;
      }
    }
  }
}
