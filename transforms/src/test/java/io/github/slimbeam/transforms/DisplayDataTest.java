// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.display.HasDisplayData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a runner's page shows of a step: whatever decides what it does. */
class DisplayDataTest {
  @Test
  void everyPublicTransformWithOptionsShowsThem() {
    List<String> silent =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.github.slimbeam.transforms")
                .stream()
                .filter(type -> type.isAssignableTo(PTransform.class))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(
                    type ->
                        type.tryGetMethod("populateDisplayData", DisplayData.Builder.class)
                            .isEmpty())
                .map(JavaClass::getSimpleName)
                .toList();
    // It has no options.
    assertThat(silent).containsExactly("DigestTexts");
  }

  @Test
  void aRunShowsItsModelItsMethodAndItsPlaces(@TempDir Path directory) throws Exception {
    SmallRun run = SmallRun.in(directory);
    assertThat(shown(PruneModel.in(run.work(), SmallRun.METHOD, run.plan(), "out")))
        .containsEntry("model", directory.resolve("model").toString())
        .containsEntry("shards", "3")
        .containsEntry("method", "slimgpt")
        .containsEntry("damping", "0.01")
        .containsEntry("output", "out");
  }

  @Test
  void aSampleShowsItsRule() {
    assertThat(shown(SampleSequences.using("model").withSequences(7).withSeed(3)))
        .containsEntry("sequences", "7")
        .containsEntry("sequenceLength", "2048")
        .containsEntry("seed", "3");
    assertThat(shown(ReadTexts.from("*.parquet").withTextField("story")))
        .containsEntry("filePattern", "*.parquet")
        .containsEntry("textField", "story");
  }

  private static Map<String, String> shown(HasDisplayData transform) {
    return DisplayData.from(transform).asMap().values().stream()
        .collect(
            Collectors.toMap(DisplayData.Item::getKey, item -> String.valueOf(item.getValue())));
  }
}
