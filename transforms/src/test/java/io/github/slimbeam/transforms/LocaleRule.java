// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.elements.ClassesShouldConjunction;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Formatter;

/** Figures, file names and words do not follow the locale of the machine that makes them. */
public final class LocaleRule {
  private LocaleRule() {}

  /** Fails where a class of this package or below it, tests aside, formats by that locale. */
  public static void check(String rootPackage) {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(rootPackage);
    forbidden()
        .because("figures follow no locale but Locale.ROOT, which is to be named")
        .check(classes);
  }

  private static ClassesShouldConjunction forbidden() {
    return noClasses()
        .should()
        .callMethod(String.class, "format", String.class, Object[].class)
        .orShould()
        .callMethod(String.class, "formatted", Object[].class)
        .orShould()
        .callMethod(String.class, "toLowerCase")
        .orShould()
        .callMethod(String.class, "toUpperCase")
        .orShould()
        .callMethod(PrintStream.class, "printf", String.class, Object[].class)
        .orShould()
        .callMethod(PrintStream.class, "format", String.class, Object[].class)
        .orShould()
        .callMethod(PrintWriter.class, "printf", String.class, Object[].class)
        .orShould()
        .callMethod(PrintWriter.class, "format", String.class, Object[].class)
        .orShould()
        .callConstructor(Formatter.class)
        .orShould()
        .callConstructor(Formatter.class, Appendable.class);
  }
}
