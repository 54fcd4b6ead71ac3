package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchDevice;
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
        new RecipeOption("pytorch", TorchDevice.engineVersion()),
        new RecipeOption("java", Runtime.version().toString()));
  }
}
