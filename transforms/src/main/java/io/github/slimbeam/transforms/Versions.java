// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchDevice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.beam.sdk.util.ReleaseInfo;

/** Versions of what takes part in a run, for its record. */
public final class Versions {
  private Versions() {}

  /** All, once this JVM computes on the device that the run was asked to. */
  static List<RecipeOption> all(String device) {
    List<RecipeOption> all = new ArrayList<>(List.of(own()));
    all.addAll(deciding(device));
    all.add(new RecipeOption("beam", ReleaseInfo.getReleaseInfo().getSdkVersion()));
    all.add(new RecipeOption("java", Runtime.version().toString()));
    return all;
  }

  /** This library's version, as Maven built it. */
  public static String slimBeam() {
    Properties properties = new Properties();
    try (InputStream file = Versions.class.getResourceAsStream("slim-beam.properties")) {
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }

  static RecipeOption own() {
    return new RecipeOption("slim-beam", slimBeam());
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
