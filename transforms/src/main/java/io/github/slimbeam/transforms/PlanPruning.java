package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.PlanRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Calibration windows to the plan that a schedule makes: one element. A dense pass is taken only if
 * the schedule asks for one.
 */
public final class PlanPruning
    extends PTransform<PCollection<TokenSequence>, PCollection<PruningPlan>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final PlanRequest request;
  private final PruningPlan known;

  private PlanPruning(PruningWork work, PlanRequest request, PruningPlan known) {
    this.work = work;
    this.request = request;
    this.known = known;
  }

  /** The plan of a schedule. */
  public static PlanPruning by(PlanRequest request, PruningWork work) {
    return new PlanPruning(work, request, null);
  }

  /** A plan that is known already. */
  public static PlanPruning as(PruningPlan plan) {
    return new PlanPruning(null, null, plan);
  }

  @Override
  public PCollection<PruningPlan> expand(PCollection<TokenSequence> windows) {
    AvroCoder<PruningPlan> coder = AvroCoder.of(PruningPlan.class);
    if (known != null) {
      return windows.getPipeline().apply("Known plan", Create.of(known).withCoder(coder));
    }
    if (!request.needsData()) {
      return windows
          .getPipeline()
          .apply("Formula", Create.of(""))
          .apply("Plan", ParDo.of(new FormulaFn(work, request)))
          .setCoder(coder);
    }
    return windows
        .apply("Describe layers", DescribeLayers.of(work))
        .apply("One key", WithKeys.of(""))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), AvroCoder.of(LayerStatistics.class)))
        .apply("All layers", GroupByKey.create())
        .apply("Plan", ParDo.of(new DataFn(work, request)))
        .setCoder(coder);
  }

  private static final class FormulaFn extends DoFn<String, PruningPlan> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final PlanRequest request;

    FormulaFn(PruningWork work, PlanRequest request) {
      this.work = work;
      this.request = request;
    }

    @ProcessElement
    public void plan(OutputReceiver<PruningPlan> out) throws IOException {
      out.output(request.plan(Model.open(work.storage(), work.model()).config()));
    }
  }

  private static final class DataFn
      extends DoFn<KV<String, Iterable<LayerStatistics>>, PruningPlan> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final PlanRequest request;

    DataFn(PruningWork work, PlanRequest request) {
      this.work = work;
      this.request = request;
    }

    @ProcessElement
    public void plan(
        @Element KV<String, Iterable<LayerStatistics>> layers, OutputReceiver<PruningPlan> out)
        throws IOException {
      List<LayerStatistics> statistics = new ArrayList<>();
      layers.getValue().forEach(statistics::add);
      statistics.sort(Comparator.comparingInt(LayerStatistics::getLayer));
      out.output(request.plan(Model.open(work.storage(), work.model()), statistics));
    }
  }
}
