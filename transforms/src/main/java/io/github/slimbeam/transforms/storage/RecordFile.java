// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/**
 * One small Avro record in a container file, schema included, as any Avro program reads it; a
 * checksum in the file's metadata tells whether it is still what was written.
 */
public final class RecordFile {
  private static final String CHECKSUM = "crc32c";
  private static final int MARK_BYTES = 16;

  private RecordFile() {}

  /** Writes a record, as {@link Storage#write}. */
  public static <T extends SpecificRecord> void write(Storage storage, String path, T record)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataFileWriter<T> writer =
        new DataFileWriter<>(new SpecificDatumWriter<T>(record.getSchema()))) {
      writer.setMeta(CHECKSUM, checksum(record));
      // Between blocks a mark, which Avro else draws at random: the same record shall make the same
      // bytes.
      writer.create(
          record.getSchema(), bytes, Arrays.copyOf(Sha256.of(encoded(record)), MARK_BYTES));
      writer.append(record);
    }
    storage.write(
        path, channel -> Storage.writeFully(channel, ByteBuffer.wrap(bytes.toByteArray())));
  }

  /**
   * The record of a file, if there is one.
   *
   * @throws BadInputException if the file holds something else, or was written when this kind of
   *     record had other fields
   */
  public static <T extends SpecificRecord> Optional<T> find(
      Storage storage, String path, Class<T> type) throws IOException {
    return find(storage, path, type, "begin anew with ⟨restart⟩");
  }

  /**
   * The same of a file that is not of the work directory.
   *
   * @param remedy what to do where it cannot be used
   * @throws BadInputException as there
   */
  public static <T extends SpecificRecord> Optional<T> find(
      Storage storage, String path, Class<T> type, String remedy) throws IOException {
    if (!storage.exists(path)) {
      return Optional.empty();
    }
    byte[] bytes = storage.read(path);
    try (DataFileReader<T> reader =
        new DataFileReader<>(new SeekableByteArrayInput(bytes), new SpecificDatumReader<>(type))) {
      refuseOtherFields(path, reader.getSchema(), type, remedy);
      T record = reader.next();
      if (!checksum(record).equals(reader.getMetaString(CHECKSUM))) {
        throw new IOException("its checksum is another");
      }
      return Optional.of(record);
    } catch (BadInputException e) {
      throw e;
    } catch (RuntimeException | IOException e) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "%s: expected a whole record of a %s, found: %s. The file was damaged: %s",
              path,
              type.getSimpleName(),
              e.getMessage(),
              remedy),
          e);
    }
  }

  /** A run is not taken up by a version that keeps other things of it, in other places. */
  private static void refuseOtherFields(String path, Schema found, Class<?> type, String remedy) {
    Schema expected = SpecificData.get().getSchema(type);
    BadInputException.check(
        !found.getFullName().equals(expected.getFullName()) || found.equals(expected),
        "%s: another version of slim-beam wrote this %s, with other fields: use that version, or %s",
        path,
        type.getSimpleName(),
        remedy);
  }

  private static <T extends SpecificRecord> String checksum(T record) throws IOException {
    Crc32c crc = new Crc32c();
    crc.update(ByteBuffer.wrap(encoded(record)));
    return crc.digits();
  }

  private static <T extends SpecificRecord> byte[] encoded(T record) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    new SpecificDatumWriter<T>(record.getSchema()).write(record, encoder);
    return bytes.toByteArray();
  }
}
