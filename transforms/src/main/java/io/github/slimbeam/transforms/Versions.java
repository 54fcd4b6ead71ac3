package io.github.slimbeam.transforms;

import ai.djl.engine.Engine;
import io.github.slimbeam.schemas.RecipeOption;
import java.util.List;
import org.apache.beam.sdk.util.ReleaseInfo;

/** Versions of what takes part in a run, for its record. */
final class Versions {
  private Versions() {}

  static List<RecipeOption> all() {
    String own = Versions.class.getPackage().getImplementationVersion();
    return List.of(
        new RecipeOption("slim-beam", own == null ? "development" : own),
        new RecipeOption("beam", ReleaseInfo.getReleaseInfo().getSdkVersion()),
        new RecipeOption("pytorch", Engine.getEngine("PyTorch").getVersion()),
        new RecipeOption("java", Runtime.version().toString()));
  }
}
