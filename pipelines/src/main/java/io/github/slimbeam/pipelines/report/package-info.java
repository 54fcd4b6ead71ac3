// SPDX-License-Identifier: Apache-2.0
/**
 * What a run was asked and what came out, for reading. {@link
 * io.github.slimbeam.pipelines.report.RunReport} is everything about one run and the content of its
 * {@code report.json}; {@link io.github.slimbeam.pipelines.report.ReportFiles} reads and writes it
 * beside the model; {@link io.github.slimbeam.pipelines.report.ReportPage} shows one run, {@link
 * io.github.slimbeam.pipelines.report.ComparePage} several.
 *
 * <p>{@link io.github.slimbeam.pipelines.report.Table} is every table that any command prints or
 * shows, as text, Markdown or HTML; {@link io.github.slimbeam.pipelines.report.PruningFigures} what
 * follows from the record of a pruned model.
 *
 * <p>A page is one file. All text and numbers are in its HTML; plots are drawn from the numbers in
 * it by Chart.js, which it carries, and each stands beside the table of its numbers. Its content
 * security policy lets nothing in from the network and runs no script but those two. Names, prompts
 * and generated texts are strangers' text: they become text of the page only through {@link
 * io.github.slimbeam.pipelines.report.Markup}. The pages know no Beam; the commands are {@link
 * io.github.slimbeam.pipelines.report.WriteReport} and {@link
 * io.github.slimbeam.pipelines.report.Compare}.
 */
package io.github.slimbeam.pipelines.report;
