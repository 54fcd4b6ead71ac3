package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.Recovery;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Prints what there is to choose from: methods with what each needs and its defaults, recoveries,
 * schedules.
 */
public final class ListMethods {
  private ListMethods() {}

  public static void main(String[] args) {
    print(System.out);
  }

  static void print(PrintStream out) {
    out.println("methods (--method), each with its own recovery and schedule:");
    for (PruningMethod method : PruneRecipes.METHODS) {
      out.printf(Locale.ROOT, "  %s%n", method.name());
      out.printf(Locale.ROOT, "    paper     %s%n", method.profile().reference());
      out.printf(Locale.ROOT, "    needs     %s%n", method.needs().description());
      out.printf(Locale.ROOT, "    recovery  %s%n", method.profile().recovery().optionName());
      out.printf(Locale.ROOT, "    schedule  %s%n", method.profile().schedule());
      String options =
          method.options().stream()
              .map(o -> o.getName() + "=" + o.getValue())
              .collect(Collectors.joining(", "));
      out.printf(Locale.ROOT, "    defaults  %s%n", options.isEmpty() ? "none to set" : options);
    }
    List<String> recoveries = Arrays.stream(Recovery.values()).map(Recovery::optionName).toList();
    out.println("recoveries (--recovery), for any method: " + String.join(", ", recoveries));
    out.println(
        "schedules (--schedule), for any method: " + String.join(", ", PlanRequest.names()));
    out.println("  similarity and flap take a dense pass over the calibration windows first");
  }
}
