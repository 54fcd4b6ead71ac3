// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.schemas.PruningRecord;

/** Where a model comes from, in tables: files, texts and windows by their hashes, and versions. */
final class Provenance {
  private Provenance() {}

  static Markup of(PruningRecord pruning) {
    Table files =
        new Table("files-table", "Weight files of the dense model")
            .words("File")
            .numbers("Bytes")
            .words("SHA-256");
    pruning
        .getModelFiles()
        .forEach(f -> files.row(f.getName(), NumberText.count(f.getSize()), f.getSha256()));
    Table texts =
        new Table("digests-table", "Calibration, whatever its order")
            .words("What")
            .numbers("How many")
            .words("Sum of their SHA-256");
    if (pruning.getTexts() != null) {
      texts.row(
          "texts or windows read",
          NumberText.count(pruning.getTexts().getTexts()),
          pruning.getTexts().getSha256Sum());
    }
    texts.row(
        "windows used",
        NumberText.count(pruning.getWindows().getTexts()),
        pruning.getWindows().getSha256Sum());
    Table versions =
        new Table("versions-table", "Software that took part").words("Name").words("Version");
    pruning.getVersions().forEach(v -> versions.row(v.getName(), v.getValue()));
    return new Markup()
        .element("p", "Dense model: " + pruning.getModel())
        .add(files.markup())
        .add(texts.markup())
        .add(versions.markup())
        .element(
            "p",
            "report.json, beside this page, has all of it for programs, the kept units by number as well.");
  }
}
