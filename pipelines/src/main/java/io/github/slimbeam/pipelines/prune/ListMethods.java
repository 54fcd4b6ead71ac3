// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.report.Table;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.Recovery;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
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
    for (MethodRow row : MethodRow.values()) {
      out.println("  " + row.optionName());
      facts(row.defaults()).text(4).forEach(out::println);
    }
    List<String> recoveries = Arrays.stream(Recovery.values()).map(Recovery::optionName).toList();
    out.println("recoveries (--recovery), for any method: " + String.join(", ", recoveries));
    out.println(
        "targets (--target): self, for any method; dense, for those that need moments or nothing");
    out.println(
        "refits (--refit): none, for any method; closing with compensation; full with --target=dense");
    out.println(
        "schedules (--schedule), for any method: " + String.join(", ", PlanRequest.names()));
    out.println(
        "  similarity, flap and global take a dense pass over the calibration windows first");
  }

  private static Table facts(PruningMethod method) {
    String options =
        method.options().stream()
            .map(o -> o.getName() + "=" + o.getValue())
            .collect(Collectors.joining(", "));
    return new Table()
        .words("")
        .words("")
        .row("paper", method.profile().reference())
        .row("needs", method.needs().description())
        .row("recovery", method.profile().recovery().optionName())
        .row("schedule", method.profile().schedule())
        .row("target", method.profile().target().optionName())
        .row("refit", method.profile().refit().optionName())
        .row("defaults", options.isEmpty() ? "none to set" : options);
  }
}
