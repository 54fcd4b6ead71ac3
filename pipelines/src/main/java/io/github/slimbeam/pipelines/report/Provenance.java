package io.github.slimbeam.pipelines.report;

/** Where a model comes from, in tables: files, texts and windows by their hashes, and versions. */
final class Provenance {
  private Provenance() {}

  static Markup of(Pruning pruning) {
    Table files =
        new Table("files-table", "Weight files of the dense model")
            .words("File")
            .numbers("Bytes")
            .words("SHA-256");
    pruning.modelFiles().forEach(f -> files.row(f.name(), NumberText.count(f.size()), f.sha256()));
    Table texts =
        new Table("digests-table", "Calibration, whatever its order")
            .words("What")
            .numbers("How many")
            .words("Sum of their SHA-256");
    if (pruning.texts() != null) {
      texts.row(
          "texts or windows read",
          NumberText.count(pruning.texts().texts()),
          pruning.texts().sha256Sum());
    }
    texts.row(
        "windows used", NumberText.count(pruning.windows().texts()), pruning.windows().sha256Sum());
    Table versions =
        new Table("versions-table", "Software that took part").words("Name").words("Version");
    pruning.versions().forEach(v -> versions.row(v.name(), v.value()));
    return new Markup()
        .element("p", "Dense model: " + pruning.model())
        .add(files.markup())
        .add(texts.markup())
        .add(versions.markup())
        .element(
            "p",
            "report.json, beside this page, has all of it for programs, the kept units by number as well.");
  }
}
