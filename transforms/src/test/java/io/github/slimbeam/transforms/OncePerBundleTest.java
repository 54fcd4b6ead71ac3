// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestPipelineExtension.class)
class OncePerBundleTest {
  private static final int ELEMENTS = 1000;
  private static final AtomicInteger BUNDLES = new AtomicInteger();
  private static final AtomicInteger MADE = new AtomicInteger();

  private static final class AddFn extends DoFn<Integer, Integer> {
    private static final long serialVersionUID = 1;
    private final OncePerBundle<Integer, Integer> added;

    AddFn(PCollectionView<Integer> view) {
      added =
          OncePerBundle.of(
              view,
              value -> {
                MADE.incrementAndGet();
                return 2 * value;
              });
    }

    @StartBundle
    public void start() {
      BUNDLES.incrementAndGet();
      added.forget();
    }

    @ProcessElement
    public void add(ProcessContext context) throws IOException {
      context.output(context.element() + added.in(context));
    }
  }

  @Test
  void makesItAtMostOnceABundle(TestPipeline pipeline) {
    PCollectionView<Integer> view =
        pipeline.apply("Value", Create.of(5)).apply("View", View.asSingleton());
    PCollection<Integer> sum =
        pipeline
            .apply("Elements", Create.of(IntStream.range(0, ELEMENTS).boxed().toList()))
            .apply("Add", ParDo.of(new AddFn(view)).withSideInputs(view))
            .apply("Sum", Sum.integersGlobally());
    PAssert.thatSingleton(sum).isEqualTo(ELEMENTS * (ELEMENTS - 1) / 2 + ELEMENTS * 10);
    pipeline.run();
    assertThat(MADE.get()).isPositive().isLessThanOrEqualTo(BUNDLES.get()).isLessThan(ELEMENTS);
  }
}
