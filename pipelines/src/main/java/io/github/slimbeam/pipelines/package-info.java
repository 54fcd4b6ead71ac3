/**
 * The jobs. {@link io.github.slimbeam.pipelines.prune.Prune}, {@link
 * io.github.slimbeam.pipelines.measure.MeasurePerplexity} and {@link
 * io.github.slimbeam.pipelines.measure.Evaluate} each read as a table of contents: check what was
 * asked, build the pipeline, run it, say what came out. {@link io.github.slimbeam.pipelines.command.JobRun}
 * runs a pipeline and turns its failures into messages, {@link
 * io.github.slimbeam.pipelines.prune.WorkPlace} says what stays of a run that was stopped. {@link
 * io.github.slimbeam.pipelines.generate.Generate}, {@link io.github.slimbeam.pipelines.report.WriteReport} and
 * {@link io.github.slimbeam.pipelines.report.Compare} need no runner: they show what there is, with
 * the {@code report} package.
 */
package io.github.slimbeam.pipelines;
