// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;

/**
 * The rows of a Parquet file as the objects that they would be in JSON lines: a struct is an
 * object, a list an array, what a row lacks is null. Texts, truths and numbers are themselves; what
 * JSON has no value for, such as a date, is the text that Parquet prints of it.
 */
public final class ParquetObjects {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ParquetObjects() {}

  /** What is made of a row. */
  @FunctionalInterface
  public interface Reading {
    /**
     * Takes a row.
     *
     * @param source {@code path:row}, the first row being 1
     * @return whether more are wanted
     */
    boolean take(JsonNode row, String source) throws IOException;
  }

  /**
   * Hands on all rows, in order.
   *
   * <p><em>Cost</em>: one row group in memory.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the file, if it cannot
   *     be read as Parquet
   */
  public static void read(String path, SeekableByteChannel file, Reading reading)
      throws IOException {
    ParquetRows.read(
        path,
        file,
        0,
        Long.MAX_VALUE,
        schema -> schema,
        (row, source) -> reading.take(object(row, source), source));
  }

  private static ObjectNode object(Group group, String source) {
    ObjectNode object = JSON.objectNode();
    for (Type field : group.getType().getFields()) {
      object.set(field.getName(), field(group, field, source));
    }
    return object;
  }

  private static JsonNode field(Group group, Type field, String source) {
    int index = group.getType().getFieldIndex(field.getName());
    int count = group.getFieldRepetitionCount(index);
    if (!field.isRepetition(Type.Repetition.REPEATED)) {
      return count == 0 ? JSON.nullNode() : value(group, field, index, 0, source);
    }
    ArrayNode array = JSON.arrayNode(count);
    for (int i = 0; i < count; i++) {
      array.add(value(group, field, index, i, source));
    }
    return array;
  }

  private static JsonNode value(Group group, Type field, int index, int i, String source) {
    if (field.isPrimitive()) {
      return primitive(group, field.asPrimitiveType(), index, i, source);
    }
    Group inner = group.getGroup(index, i);
    return LogicalTypeAnnotation.listType().equals(field.getLogicalTypeAnnotation())
        ? list(inner, source)
        : object(inner, source);
  }

  /** A list nests: a repeated field, which is the element, or a group around nothing but it. */
  private static JsonNode list(Group list, String source) {
    Type repeated = list.getType().getType(0);
    if (!isAroundElement(list.getType().getName(), repeated)) {
      return field(list, repeated, source);
    }
    ArrayNode array = JSON.arrayNode();
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      Group element = list.getGroup(0, i);
      array.add(field(element, element.getType().getType(0), source));
    }
    return array;
  }

  /** As Parquet's specification tells old writers' lists of structs from today's lists. */
  private static boolean isAroundElement(String list, Type repeated) {
    return repeated instanceof GroupType group
        && group.getFieldCount() == 1
        && !group.getName().equals("array")
        && !group.getName().equals(list + "_tuple");
  }

  private static JsonNode primitive(
      Group group, PrimitiveType type, int index, int i, String source) {
    LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
    boolean plain =
        meaning == null
            || meaning instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation
            || meaning.equals(LogicalTypeAnnotation.stringType());
    if (!plain) {
      return JSON.textNode(group.getValueToString(index, i));
    }
    return switch (type.getPrimitiveTypeName()) {
      case BINARY ->
          JSON.textNode(StrictUtf8.decode(group.getBinary(index, i).getBytesUnsafe(), source));
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(index, i));
      case INT32 -> JSON.numberNode(group.getInteger(index, i));
      case INT64 -> JSON.numberNode(group.getLong(index, i));
      case FLOAT -> JSON.numberNode(group.getFloat(index, i));
      case DOUBLE -> JSON.numberNode(group.getDouble(index, i));
      default -> JSON.textNode(group.getValueToString(index, i));
    };
  }
}
