// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.RecordFile;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(TestPipelineExtension.class)
class KeepRecordTest {
  @TempDir private Path directory;

  @Test
  void keepsARecordThatAnyAvroProgramReads(TestPipeline pipeline) throws IOException {
    LikelihoodSum sum = new LikelihoodSum(12.5, 99L, 3L);
    Path file = directory.resolve("below/sum.avro");
    PAssert.thatSingleton(
            pipeline
                .apply(Create.of(sum).withCoder(AvroCoder.specific(LikelihoodSum.class)))
                .apply(KeepRecord.at(file.toString())))
        .isEqualTo(sum);
    pipeline.run();
    try (DataFileReader<GenericRecord> reader =
        new DataFileReader<>(file.toFile(), new GenericDatumReader<>())) {
      GenericRecord record = reader.next();
      assertThat(record.getSchema().getFullName()).isEqualTo(LikelihoodSum.class.getName());
      assertThat(record.get("negativeLogLikelihood")).isEqualTo(12.5);
      assertThat(record.get("tokens")).isEqualTo(99L);
      assertThat(reader.hasNext()).isFalse();
    }
    assertThat(RecordFile.find(new FileSystemsStorage(), file.toString(), LikelihoodSum.class))
        .contains(sum);
  }
}
