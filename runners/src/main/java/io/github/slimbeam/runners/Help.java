// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import io.github.slimbeam.pipelines.command.DeclaredOption;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import java.io.PrintStream;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Prints a command's options from their declarations: the required ones first, each with its
 * default.
 */
final class Help {
  private static final int WIDTH = 100;
  private static final int INDENT = 6;

  private Help() {}

  static void print(PrintStream out, Command command) {
    out.println(command.purpose());
    DeclaredOptions<?> declared = command.options();
    if (declared == null) {
      out.println("It takes no options.");
      return;
    }
    CommandLine help = new CommandLine(command.spec());
    help.getHelpSectionMap()
        .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, page -> options(declared, page));
    help.getCommandSpec()
        .usageMessage()
        .synopsisHeading("%n")
        .customSynopsis("slim " + command.name() + command.arguments() + " --option=value …")
        .footer(
            command.onRunner()
                ? "Also any option of Beam and of the runner, such as --flinkMaster=host:port or --parallelism=4."
                : "It runs in this process, without a runner. Also any option of Beam's file systems.")
        .width(WIDTH + INDENT);
    help.usage(out, Ansi.OFF);
  }

  /** Each option in a line, and what it means below, as no column holds their names. */
  private static String options(DeclaredOptions<?> all, CommandLine.Help page) {
    TextTable table =
        TextTable.forColumns(
            page.colorScheme(),
            new Column(INDENT, 2, Overflow.SPAN),
            new Column(WIDTH - INDENT, 0, Overflow.WRAP));
    table.indentWrappedLines = 0;
    Layout layout =
        new Layout(
            page.colorScheme(),
            table,
            (option, label, scheme) -> {
              DeclaredOption declared = all.get(option.longestName().substring("--".length()));
              Text none = Ansi.OFF.text("");
              return new Text[][] {
                {Ansi.OFF.text(option.longestName() + trait(declared))},
                {none, Ansi.OFF.text(declared.description())}
              };
            },
            page.createDefaultParameterRenderer());
    page.commandSpec()
        .options()
        .forEach(o -> layout.addOption(o, page.createDefaultParamLabelRenderer()));
    return layout.toString();
  }

  private static String trait(DeclaredOption option) {
    if (option.isRequired()) {
      return " (required)";
    }
    // That a switch is off goes without saying.
    return option.isSwitch()
        ? ""
        : option.defaultValue().map(value -> " (default " + value + ")").orElse("");
  }
}
