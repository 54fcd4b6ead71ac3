// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.WorkClaim;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFileTest {
  private static final WorkClaim RECORD =
      new WorkClaim("now", List.of(), List.of(new RecipeOption("seed", "12345")));

  @TempDir private Path directory;
  private final Storage storage = new FileSystemsStorage();
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = directory.resolve("claim.avro");
    RecordFile.write(storage, file.toString(), RECORD);
  }

  @Test
  void findsWhatWasWritten() throws IOException {
    assertThat(RecordFile.find(storage, file.toString(), WorkClaim.class)).contains(RECORD);
    assertThat(RecordFile.find(storage, file + "x", WorkClaim.class)).isEmpty();
  }

  /** Wherever the file ends, or whichever byte is another, no other record comes out. */
  @Test
  void refusesWhatWasDamaged() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      refuses(Arrays.copyOf(whole, i));
    }
    int values = new String(whole, StandardCharsets.ISO_8859_1).indexOf("12345");
    for (int i = values; i < values + 5; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 1;
      refuses(flipped);
    }
  }

  @Test
  void theSameRecordMakesTheSameBytes() throws IOException {
    RecordFile.write(storage, file + "2", RECORD);
    assertThat(Path.of(file + "2")).hasSameBinaryContentAs(file);
  }

  /** As a version before or after this one may have written it. */
  @Test
  void refusesARecordWithOtherFieldsAndSaysWhy() throws IOException {
    Schema known = WorkClaim.getClassSchema();
    Schema other =
        Schema.createRecord(
            known.getName(),
            null,
            known.getNamespace(),
            false,
            known.getFields().stream()
                .filter(field -> !field.name().equals("run"))
                .map(field -> new Schema.Field(field, field.schema()))
                .toList());
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<>(other))) {
      writer.create(other, file.toFile());
      writer.append(
          new GenericRecordBuilder(other).set("submission", "x").set("former", List.of()).build());
    }
    assertThatThrownBy(() -> RecordFile.find(storage, file.toString(), WorkClaim.class))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            file
                + ": another version of slim-beam wrote this WorkClaim, with other fields: use that"
                + " version, or begin anew with restart");
  }

  private void refuses(byte[] content) throws IOException {
    Files.write(file, content);
    assertThatThrownBy(() -> RecordFile.find(storage, file.toString(), WorkClaim.class))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file + ": expected a whole record of a WorkClaim, found: ")
        .hasMessageEndingWith("The file was damaged: begin anew with restart");
  }
}
