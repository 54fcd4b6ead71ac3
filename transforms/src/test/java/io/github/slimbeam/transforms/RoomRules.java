// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Whatever a module's rooms are: none of them, and no two files, go round in a circle. */
public final class RoomRules {
  private RoomRules() {}

  /** Fails where rooms, the packages below this one, or two files depend on each other. */
  public static void check(String rootPackage) {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(rootPackage);
    slices()
        .matching(rootPackage + ".(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(classes);
    assertThat(circles(classes)).isEmpty();
  }

  private static Set<String> circles(JavaClasses classes) {
    Map<String, Set<String>> uses = new HashMap<>();
    for (JavaClass used : classes) {
      used.getDirectDependenciesToSelf()
          .forEach(
              dependency ->
                  uses.computeIfAbsent(file(dependency.getOriginClass()), name -> new TreeSet<>())
                      .add(file(used)));
    }
    Set<String> circles = new TreeSet<>();
    uses.forEach(
        (file, others) ->
            others.stream()
                .filter(other -> other.compareTo(file) > 0)
                .filter(other -> uses.getOrDefault(other, Set.of()).contains(file))
                .forEach(other -> circles.add(file + " <-> " + other)));
    return circles;
  }

  private static String file(JavaClass type) {
    return type.getEnclosingClass().map(RoomRules::file).orElse(type.getName());
  }
}
