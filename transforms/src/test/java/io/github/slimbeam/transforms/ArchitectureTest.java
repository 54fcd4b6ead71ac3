// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Beam at the edge, and one direction of dependencies between the rooms. */
class ArchitectureTest {
  private static final String ROOT = "io.github.slimbeam.transforms";

  /** Each may use those before it. */
  private static final List<String> ROOMS =
      List.of(
          "storage",
          "checkpoint",
          "torch",
          "model",
          "forward",
          "statistics",
          "work",
          "pruning",
          "planning",
          "output",
          "cost",
          "gguf",
          "vocabulary",
          "export",
          "serving",
          "generation");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void everyRoomHasItsPlace() {
    assertThat(
            CLASSES.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> !name.equals(ROOT))
                .map(name -> name.substring(ROOT.length() + 1))
                .collect(Collectors.toSet()))
        .containsAll(ROOMS)
        .contains("calibration", "evaluation", "filesystems")
        .hasSize(ROOMS.size() + 3);
  }

  @Test
  void onlyTheRoomOfFileSystemsHasHeardOfBeam() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".*..")
        .and()
        .resideOutsideOfPackage(ROOT + ".filesystems")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.beam..")
        .check(CLASSES);
  }

  @Test
  void nothingFollowsTheMachinesLocale() {
    LocaleRule.check(ROOT);
  }

  @Test
  void roomsDoNotDependOnTheVerbs() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT)
        .check(CLASSES);
  }

  @Test
  void roomsDependInOneDirection() {
    for (int i = 0; i < ROOMS.size(); i++) {
      for (String later : ROOMS.subList(i + 1, ROOMS.size())) {
        mayNotUse(ROOMS.get(i), later);
      }
      mayNotUse(ROOMS.get(i), "evaluation");
      mayNotUse(ROOMS.get(i), "filesystems");
    }
  }

  @Test
  void nothingGoesRoundInACircle() {
    RoomRules.check(ROOT);
  }

  /** Work keeps the windows too. */
  @Test
  void onlyWorkNeedsCalibration() {
    ROOMS.stream()
        .filter(room -> !room.equals("work"))
        .forEach(room -> mayNotUse(room, "calibration"));
  }

  @Test
  void calibrationNeedsNothingButStorage() {
    ROOMS.stream()
        .filter(room -> !room.equals("storage"))
        .forEach(room -> mayNotUse("calibration", room));
    mayNotUse("calibration", "evaluation");
  }

  @Test
  void evaluationNeedsNothingButCalibrationAndStorage() {
    ROOMS.stream()
        .filter(room -> !room.equals("storage"))
        .forEach(room -> mayNotUse("evaluation", room));
  }

  private static void mayNotUse(String room, String other) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + "." + other + "..")
        .check(CLASSES);
  }
}
