package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchDevice;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.util.ReleaseInfo;

/** Versions of what takes part in a run, for its record. */
final class Versions {
  private Versions() {}

  /** All, once this JVM computes on the device that the run was asked to. */
  static List<RecipeOption> all(String device) {
    List<RecipeOption> all = new ArrayList<>(List.of(own()));
    all.addAll(deciding(device));
    all.add(new RecipeOption("beam", ReleaseInfo.getReleaseInfo().getSdkVersion()));
    all.add(new RecipeOption("java", Runtime.version().toString()));
    return all;
  }

  static RecipeOption own() {
    String version = Versions.class.getPackage().getImplementationVersion();
    return new RecipeOption("slim-beam", version == null ? "development" : version);
  }

  /** What, of a worker, the bytes of a result may depend on. */
  static List<RecipeOption> deciding(String device) {
    TorchDevice.use(device);
    return List.of(
        new RecipeOption("pytorch", TorchDevice.engineVersion()),
        new RecipeOption("device", TorchDevice.current()),
        new RecipeOption("instruction set", TorchDevice.instructionSet()));
  }
}
