// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.planning.CurvesFile;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;

/**
 * Calibration windows to the plan that a schedule makes: one element. A dense pass is taken only if
 * the schedule asks for one; its plan is kept in the work directory, and taken up from there.
 */
public final class PlanPruning
    extends PTransform<PCollection<TokenSequence>, PCollection<PruningPlan>> {
  private static final long serialVersionUID = 1;
  private static final String TO_BE_MADE = "a plan that is not known is made of a request";

  private final @Nullable PruningWork work;
  private final @Nullable PlanRequest request;
  private final @Nullable PruningPlan known;
  private final @Nullable MeasuredCurves curves;
  private final SlimGpt elimination;
  private final int layers;

  /**
   * Of a plan to be made, {@code known} is null; of one that is known, all else, but for the curves
   * that it was made of.
   */
  private PlanPruning(
      @Nullable PruningWork work,
      @Nullable PlanRequest request,
      @Nullable PruningPlan known,
      @Nullable MeasuredCurves curves,
      SlimGpt elimination,
      int layers) {
    this.work = work;
    this.request = request;
    this.known = known;
    this.curves = curves;
    this.elimination = elimination;
    this.layers = layers;
  }

  /** The plan of a schedule. */
  public static PlanPruning by(PlanRequest request, PruningWork work) {
    return new PlanPruning(work, request, null, null, SlimGpt.defaults(), 0);
  }

  /**
   * The same, for plans that need {@link MeasureRemovals}.
   *
   * @param method how units are eliminated for it
   * @param count decoder layers of the model, which the graph is unrolled over
   */
  public PlanPruning eliminatingBy(SlimGpt method, int count) {
    return new PlanPruning(work, request, known, curves, method, count);
  }

  /** A plan that is known already. */
  public static PlanPruning as(PruningPlan plan) {
    return new PlanPruning(null, null, plan, null, SlimGpt.defaults(), 0);
  }

  /**
   * A plan that was made of curves which a former run measured: a run on another model or sample is
   * refused.
   */
  public static PlanPruning as(PruningPlan plan, MeasuredCurves measured) {
    return new PlanPruning(null, null, plan, measured, SlimGpt.defaults(), 0);
  }

  /** Where the curves come from that it is of. */
  CurveSource curves() {
    return work == null || request == null || !request.needsCurves()
        ? new CurveSource(curves, 0, List.of())
        : new CurveSource(null, layers, CurvesFile.options(elimination, work.compute()));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    String plan = known == null ? String.valueOf(request) : known.getSchedule();
    builder.add(DisplayData.item("plan", plan).withLabel("Plan"));
  }

  @Override
  public PCollection<PruningPlan> expand(PCollection<TokenSequence> windows) {
    AvroCoder<PruningPlan> coder = AvroCoder.specific(PruningPlan.class);
    if (known != null) {
      return windows.getPipeline().apply("Name plan", Create.of(known).withCoder(coder));
    }
    return made(
        windows, coder, requireNonNull(work, TO_BE_MADE), requireNonNull(request, TO_BE_MADE));
  }

  private PCollection<PruningPlan> made(
      PCollection<TokenSequence> windows,
      AvroCoder<PruningPlan> coder,
      PruningWork work,
      PlanRequest request) {
    if (!request.needsData()) {
      return windows
          .getPipeline()
          .apply("Request formula", Create.of(""))
          .apply("Make plan", ParDo.of(new FormulaFn(work, request)))
          .setCoder(coder);
    }
    if (request.needsCurves()) {
      return ofCurves(windows, coder, work, request);
    }
    PCollectionView<Iterable<LayerStatistics>> statistics =
        windows
            .apply("Skip kept", ParDo.of(new UnlessKeptFn(work)))
            .setCoder(windows.getCoder())
            .apply("Describe layers", DescribeLayers.of(work))
            .apply("View layers", View.asIterable());
    return windows
        .getPipeline()
        .apply("Request plan", Create.of(""))
        .apply(
            "Make plan",
            ParDo.of(
                    new DataFn<>(
                        work,
                        statistics,
                        (model, said) -> {
                          said.sort(Comparator.comparingInt(LayerStatistics::getLayer));
                          return request.plan(model, said);
                        }))
                .withSideInputs(statistics))
        .setCoder(coder);
  }

  private PCollection<PruningPlan> ofCurves(
      PCollection<TokenSequence> windows,
      AvroCoder<PruningPlan> coder,
      PruningWork work,
      PlanRequest request) {
    if (layers < 1) {
      throw new IllegalStateException("schedule " + request.schedule() + " needs eliminatingBy");
    }
    PCollectionView<Iterable<RemovalCurve>> curves =
        windows
            .apply("Embed tokens", EmbedTokens.into(work))
            .apply("Measure removals", MeasureRemovals.by(elimination, work, layers))
            .apply("View curves", View.asIterable());
    return windows
        .getPipeline()
        .apply("Request plan", Create.of(""))
        .apply(
            "Make plan",
            ParDo.of(
                    new DataFn<>(
                        work,
                        curves,
                        (model, said) -> {
                          said.sort(
                              Comparator.comparingInt(
                                  curve -> HiddenStateFiles.stageEntering(curve.getSublayer())));
                          return request.planOf(model, said);
                        }))
                .withSideInputs(curves))
        .setCoder(coder);
  }

  /** Tells plans apart: two requests of the same digest make the same plan of the same data. */
  String digest() {
    return known == null
        ? String.valueOf(request)
        : HexFormat.of()
            .formatHex(Sha256.of(known.toString().getBytes(StandardCharsets.UTF_8)), 0, 6);
  }

  private static final class UnlessKeptFn extends DoFn<TokenSequence, TokenSequence> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private transient @Nullable Boolean kept;

    UnlessKeptFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(@Element TokenSequence window, OutputReceiver<TokenSequence> out)
        throws IOException {
      if (kept == null) {
        kept = work.finished().hasPlan();
      }
      if (!kept) {
        out.output(window);
      }
    }
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
    public void process(OutputReceiver<PruningPlan> out) throws IOException {
      out.output(request.plan(Model.open(work.storage(), work.model())));
    }
  }

  /** Makes a plan of what a dense pass says. */
  @FunctionalInterface
  private interface Planner<T> extends Serializable {
    PruningPlan plan(Model model, List<T> said) throws IOException;
  }

  private static final class DataFn<T> extends DoFn<String, PruningPlan> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final PCollectionView<Iterable<T>> data;
    private final Planner<T> planner;

    DataFn(PruningWork work, PCollectionView<Iterable<T>> data, Planner<T> planner) {
      this.work = work;
      this.data = data;
      this.planner = planner;
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      Optional<PruningPlan> kept = work.finished().plan();
      if (kept.isPresent()) {
        context.output(kept.get());
        return;
      }
      List<T> said = new ArrayList<>();
      context.sideInput(data).forEach(said::add);
      PruningPlan plan = planner.plan(Model.open(work.storage(), work.model()), said);
      work.finished().keep(plan);
      context.output(plan);
    }
  }
}
