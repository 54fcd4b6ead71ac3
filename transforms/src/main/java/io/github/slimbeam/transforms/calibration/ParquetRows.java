// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/** The rows of a Parquet file, one row group at a time. */
final class ParquetRows {
  private ParquetRows() {}

  /** What is made of a row. */
  @FunctionalInterface
  interface Reading {
    /**
     * Takes a row.
     *
     * @param source {@code path:row}, the first row being 1, with nine digits
     * @return whether more are wanted
     */
    boolean take(Group row, String source) throws IOException;
  }

  /**
   * Hands on the rows of the row groups whose middle lies in a range of the file's bytes, in order.
   *
   * <p><em>Cost</em>: the columns of one row group in memory.
   *
   * @param columns those of the file's schema that are read
   * @throws BadInputException naming the file, if it cannot be read as Parquet
   */
  static void read(
      String path,
      SeekableByteChannel file,
      long from,
      long to,
      UnaryOperator<MessageType> columns,
      Reading reading)
      throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs(path))
            .withRange(from, to)
            .build();
    ParquetChannel channel = new ParquetChannel(file);
    try (ParquetFileReader reader = ParquetFileReader.open(channel, options)) {
      MessageType schema = columns.apply(reader.getFooter().getFileMetaData().getSchema());
      reader.setRequestedSchema(schema);
      read(path, reader, schema, reading);
    } catch (BadInputException e) {
      throw e;
    } catch (RuntimeException | IOException e) {
      if (channel.hasFailed()) {
        throw e;
      }
      throw new BadInputException(
          path + ": cannot be read as Parquet: " + e.getMessage() + ". Is the file whole?", e);
    }
  }

  private static void read(
      String path, ParquetFileReader reader, MessageType schema, Reading reading)
      throws IOException {
    ColumnIOFactory columns = new ColumnIOFactory();
    for (PageReadStore rows = reader.readNextRowGroup();
        rows != null;
        rows = reader.readNextRowGroup()) {
      RecordReader<Group> records =
          columns.getColumnIO(schema).getRecordReader(rows, new GroupRecordConverter(schema));
      long first = rows.getRowIndexOffset().orElse(0L) + 1;
      for (long row = 0; row < rows.getRowCount(); row++) {
        if (!reading.take(
            records.read(), String.format(Locale.ROOT, "%s:%09d", path, first + row))) {
          return;
        }
      }
    }
  }
}
