/**
 * The jobs. {@link io.github.slimbeam.pipelines.Prune}, {@link
 * io.github.slimbeam.pipelines.MeasurePerplexity} and {@link
 * io.github.slimbeam.pipelines.MeasureAccuracy} each read as a table of contents: check what was
 * asked, build the pipeline, run it, say what came out. {@link io.github.slimbeam.pipelines.JobRun}
 * runs a pipeline and turns its failures into messages, {@link
 * io.github.slimbeam.pipelines.WorkPlace} says what stays of a run that was stopped. {@link
 * io.github.slimbeam.pipelines.GenerateText}, {@link io.github.slimbeam.pipelines.WriteReport} and
 * {@link io.github.slimbeam.pipelines.CompareRuns} need no runner: they show what there is, with
 * the {@code report} package.
 */
package io.github.slimbeam.pipelines;
