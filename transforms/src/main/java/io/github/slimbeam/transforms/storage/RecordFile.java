package io.github.slimbeam.transforms.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/** One small Avro record in a container file, schema included, as any Avro program reads it. */
public final class RecordFile {
  private RecordFile() {}

  /** Writes a record, as {@link Storage#write}. */
  public static <T extends SpecificRecord> void write(Storage storage, String path, T record)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataFileWriter<T> writer =
        new DataFileWriter<>(new SpecificDatumWriter<T>(record.getSchema()))) {
      writer.create(record.getSchema(), bytes);
      writer.append(record);
    }
    storage.write(
        path, channel -> Storage.writeFully(channel, ByteBuffer.wrap(bytes.toByteArray())));
  }

  /** The record of a file, if there is one. */
  public static <T extends SpecificRecord> Optional<T> find(
      Storage storage, String path, Class<T> type) throws IOException {
    if (!storage.exists(path)) {
      return Optional.empty();
    }
    try (DataFileReader<T> reader =
        new DataFileReader<>(
            new SeekableByteArrayInput(storage.read(path)), new SpecificDatumReader<>(type))) {
      return Optional.of(reader.next());
    }
  }
}
