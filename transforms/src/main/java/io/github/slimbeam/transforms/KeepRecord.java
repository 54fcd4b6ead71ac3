// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.RecordFile;
import java.io.IOException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * A collection of one record to an Avro file of that record, passed on once it is written: how a
 * job hands its result to whoever started it.
 */
public final class KeepRecord<T extends SpecificRecord>
    extends PTransform<PCollection<T>, PCollection<T>> {
  private static final long serialVersionUID = 1;

  private final String path;

  private KeepRecord(String path) {
    this.path = path;
  }

  /** Writes the one record to this path, an Avro file. */
  public static <T extends SpecificRecord> KeepRecord<T> at(String path) {
    return new KeepRecord<>(path);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("path", path).withLabel("File"));
  }

  @Override
  public PCollection<T> expand(PCollection<T> record) {
    return record.apply("Write record", ParDo.of(new WriteFn<T>(path))).setCoder(record.getCoder());
  }

  private static final class WriteFn<T extends SpecificRecord> extends DoFn<T, T> {
    private static final long serialVersionUID = 1;
    private final String path;

    WriteFn(String path) {
      this.path = path;
    }

    @ProcessElement
    public void process(@Element T record, OutputReceiver<T> out) throws IOException {
      RecordFile.write(new FileSystemsStorage(), path, record);
      out.output(record);
    }
  }
}
