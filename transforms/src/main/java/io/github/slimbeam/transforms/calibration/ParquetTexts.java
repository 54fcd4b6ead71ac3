// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/**
 * The texts of a Parquet file: a column of strings, or {@code input_ids}, a column of lists of
 * token ids. Other columns are not read. Rows without a value are left out.
 *
 * <p>The source of each text is {@code path:row}, the first row being 1.
 *
 * <p><em>Cost</em>: the column of one row group in memory.
 */
public final class ParquetTexts {
  private static final String IDS = "input_ids";

  private ParquetTexts() {}

  /**
   * Hands on the texts of the row groups whose middle lies in a range of the file's bytes, in
   * order.
   *
   * @param textField the column of strings
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming file, and column or row
   */
  public static void read(
      String path,
      SeekableByteChannel file,
      long from,
      long to,
      String textField,
      Consumer<CalibrationText> texts)
      throws IOException {
    ParquetRows.read(
        path,
        file,
        from,
        to,
        schema ->
            new MessageType(schema.getName(), schema.getType(column(path, schema, textField))),
        (row, source) -> {
          String column = row.getType().getFieldName(0);
          if (row.getFieldRepetitionCount(column) > 0) {
            texts.accept(text(row, column, source));
          }
          return true;
        });
  }

  private static String column(String path, GroupType schema, String textField) {
    boolean hasText = schema.containsField(textField);
    boolean hasIds = schema.containsField(IDS);
    check(
        hasText || hasIds,
        "%s: expected a column %s (strings) or %s (lists of token ids), found only %s: name the one that has the text by"
            + " textField",
        path,
        textField,
        IDS,
        String.join(", ", schema.getFields().stream().map(Type::getName).toList()));
    check(!hasText || !hasIds, "%s: both %s and %s: keep the one to be used", path, textField, IDS);
    String column = hasText ? textField : IDS;
    Type type = schema.getType(column);
    check(
        hasText ? isText(type) : !type.isPrimitive(),
        "%s: column %s must hold %s, found %s",
        path,
        column,
        hasText ? "strings" : "lists of token ids",
        type.toString().lines().findFirst().orElse(""));
    return column;
  }

  private static boolean isText(Type type) {
    LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
    return type.isPrimitive()
        && !type.isRepetition(Type.Repetition.REPEATED)
        && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
        && (meaning == null || meaning.equals(LogicalTypeAnnotation.stringType()));
  }

  private static CalibrationText text(Group row, String column, String source) {
    if (column.equals(IDS)) {
      return new CalibrationText(source, null, ids(row.getGroup(column, 0), source));
    }
    byte[] bytes = row.getBinary(column, 0).getBytesUnsafe();
    return new CalibrationText(source, StrictUtf8.decode(bytes, source), null);
  }

  /** Lists nest: a repeated group, with one element in each. */
  private static List<Integer> ids(Group list, String source) {
    int count = list.getFieldRepetitionCount(0);
    check(count > 0, "%s: %s is empty: remove the row", source, IDS);
    List<Integer> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String id = list.getGroup(0, i).getValueToString(0, 0);
      check(
          id.matches("[0-9]{1,9}"),
          "%s: %s must hold integers from 0 on, found %s",
          source,
          IDS,
          id);
      ids.add(Integer.valueOf(id));
    }
    return ids;
  }
}
