/**
 * The jobs. {@link io.github.slimbeam.pipelines.Prune} and {@link
 * io.github.slimbeam.pipelines.MeasurePerplexity} each read as a table of contents: check what was
 * asked, build the pipeline, run it, say what came out. {@link io.github.slimbeam.pipelines.JobRun}
 * runs a pipeline and turns its failures into messages, {@link
 * io.github.slimbeam.pipelines.WorkPlace} says what stays of a run that was stopped. {@link
 * io.github.slimbeam.pipelines.WriteReport} and {@link io.github.slimbeam.pipelines.CompareRuns}
 * run no pipeline: they show what runs left, with the {@code report} package.
 */
package io.github.slimbeam.pipelines;
