// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.WritablePlace;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;

/** Writes the report of a pruned model anew, from what its directory holds. Runs no pipeline. */
public final class WriteReport {
  private WriteReport() {}

  /** Writes the report that the command-line options name; throws where it fails. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(DeclaredOptions.of(ReportOptions.class), args, WriteReport::run);
  }

  private static void run(ReportOptions options) throws IOException {
    Storage storage = new FileSystemsStorage();
    String model = options.getModel();
    RunReport report = ReportFiles.read(storage, model);
    WritablePlace.check("--model", storage.resolve(model, ReportFiles.PAGE));
    ReportFiles.write(storage, model, report);
    System.out.println("written to " + storage.resolve(model, ReportFiles.PAGE));
  }
}
