package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.WritablePlace;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Writes the report of a pruned model anew, from what its directory holds. Runs no pipeline. */
public final class WriteReport {
  private WriteReport() {}

  /** Writes the report that the command-line options name; throws where it fails. */
  public static void main(String[] args) throws IOException {
    PipelineOptionsFactory.register(ReportOptions.class);
    ReportOptions options = CommandLine.options(ReportOptions.class, args);
    FileSystems.setDefaultPipelineOptions(options);
    Storage storage = new FileSystemsStorage();
    String model = options.getModel();
    RunReport report = ReportFiles.read(storage, model);
    WritablePlace.check("--model", storage.resolve(model, ReportFiles.PAGE));
    ReportFiles.write(storage, model, report);
    System.out.println("written to " + storage.resolve(model, ReportFiles.PAGE));
  }
}
