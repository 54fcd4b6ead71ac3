// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableBiFunction;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Numbered parts of each key to their sum, added in the order of their numbers: rounded sums depend
 * on the order, and in a {@code Combine} that is the order of arrival. For small parts, of which
 * one worker holds all of a key.
 */
final class SumInOrder<K, V>
    extends PTransform<PCollection<KV<K, KV<Integer, V>>>, PCollection<KV<K, V>>> {
  private static final long serialVersionUID = 1;

  private final SerializableBiFunction<V, V, V> add;

  private SumInOrder(SerializableBiFunction<V, V, V> add) {
    this.add = add;
  }

  /** Adds by this function. */
  static <K, V> SumInOrder<K, V> by(SerializableBiFunction<V, V, V> add) {
    return new SumInOrder<>(add);
  }

  @Override
  public PCollection<KV<K, V>> expand(PCollection<KV<K, KV<Integer, V>>> parts) {
    KvCoder<K, KV<Integer, V>> coder = (KvCoder<K, KV<Integer, V>>) parts.getCoder();
    Coder<V> value = ((KvCoder<Integer, V>) coder.getValueCoder()).getValueCoder();
    return parts
        .apply("Gather parts", GroupByKey.create())
        .apply("Sum parts", ParDo.of(new SumFn<K, V>(add)))
        .setCoder(KvCoder.of(coder.getKeyCoder(), value));
  }

  private static final class SumFn<K, V> extends DoFn<KV<K, Iterable<KV<Integer, V>>>, KV<K, V>> {
    private static final long serialVersionUID = 1;
    private final SerializableBiFunction<V, V, V> add;

    SumFn(SerializableBiFunction<V, V, V> add) {
      this.add = add;
    }

    @ProcessElement
    public void process(
        @Element KV<K, Iterable<KV<Integer, V>>> parts, OutputReceiver<KV<K, V>> out) {
      List<KV<Integer, V>> inOrder = new ArrayList<>();
      parts.getValue().forEach(inOrder::add);
      inOrder.sort(Comparator.comparing(KV::getKey));
      V sum = inOrder.get(0).getValue();
      for (KV<Integer, V> part : inOrder.subList(1, inOrder.size())) {
        sum = add.apply(sum, part.getValue());
      }
      out.output(KV.of(parts.getKey(), sum));
    }
  }
}
