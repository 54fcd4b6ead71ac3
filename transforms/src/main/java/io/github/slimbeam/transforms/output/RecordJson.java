// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * JSON as Avro's {@code toString} writes a record, read back by the record's schema. A field that
 * is missing or null gets its default, or null where the schema allows that; fields that the schema
 * does not know are left alone, so that files of earlier and later versions can be read.
 */
final class RecordJson {
  private static final int SHOWN = 40;

  /** How numbers are written that JSON has no figures for. */
  private static final Set<String> NOT_FINITE = Set.of("NaN", "Infinity", "-Infinity");

  private RecordJson() {}

  /**
   * A record.
   *
   * @throws BadInputException naming the field that is missing or of another type by its path
   */
  static <T extends SpecificRecord> T read(JsonNode json, Class<T> type, String where) {
    return type.cast(value(json, SpecificData.get().getSchema(type), where + ": ", ""));
  }

  private static Object value(JsonNode json, Schema schema, String where, String path) {
    return switch (schema.getType()) {
      case RECORD -> record(json, schema, where, path);
      case ARRAY -> list(json, schema.getElementType(), where, path);
      case UNION -> value(json, present(schema), where, path);
      case ENUM -> {
        List<String> symbols = schema.getEnumSymbols();
        expect(symbols.contains(json.asText()), String.join(" or ", symbols), json, where, path);
        yield SpecificData.get().createEnum(json.textValue(), schema);
      }
      case STRING -> {
        expect(json.isTextual(), "a text", json, where, path);
        yield json.textValue();
      }
      case INT -> {
        expect(
            json.isIntegralNumber() && json.canConvertToInt(), "a whole number", json, where, path);
        yield json.intValue();
      }
      case LONG -> {
        expect(
            json.isIntegralNumber() && json.canConvertToLong(),
            "a whole number",
            json,
            where,
            path);
        yield json.longValue();
      }
      case DOUBLE -> {
        boolean infinite = json.isTextual() && NOT_FINITE.contains(json.textValue());
        expect(json.isNumber() || infinite, "a number", json, where, path);
        yield infinite ? Double.parseDouble(json.textValue()) : json.doubleValue();
      }
      default -> throw new IllegalArgumentException(schema.toString());
    };
  }

  private static SpecificRecord record(JsonNode json, Schema schema, String where, String path) {
    expect(json.isObject(), "an object", json, where, path);
    SpecificRecord record = (SpecificRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      String inside = path.isEmpty() ? field.name() : path + "." + field.name();
      JsonNode found = json.path(field.name());
      boolean none = found.isMissingNode() || found.isNull();
      check(
          !none || field.hasDefaultValue() || field.schema().isNullable(),
          "%s%s: missing",
          where,
          inside);
      record.put(field.pos(), none ? absent(field) : value(found, field.schema(), where, inside));
    }
    return record;
  }

  private static @Nullable Object absent(Schema.Field field) {
    return field.hasDefaultValue() ? SpecificData.get().getDefaultValue(field) : null;
  }

  private static List<Object> list(JsonNode json, Schema element, String where, String path) {
    expect(json.isArray(), "a list", json, where, path);
    List<Object> values = new ArrayList<>(json.size());
    for (JsonNode one : json) {
      String inside = path + "[" + values.size() + "]";
      check(!one.isNull(), "%s%s: missing", where, inside);
      values.add(value(one, element, where, inside));
    }
    return values;
  }

  private static Schema present(Schema union) {
    return union.getTypes().stream()
        .filter(type -> type.getType() != Schema.Type.NULL)
        .findFirst()
        .orElseThrow();
  }

  private static void expect(
      boolean holds, String expected, JsonNode found, String where, String path) {
    if (!holds) {
      String text = found.toString();
      throw new BadInputException(
          where
              + (path.isEmpty() ? "" : path + ": ")
              + "expected "
              + expected
              + ", found "
              + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text));
    }
  }
}
