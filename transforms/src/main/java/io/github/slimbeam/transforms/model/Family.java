// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A family of architectures, read from {@code families/NAME.json}: which tensors there are, what
 * shapes they have, and so which weights belong to one unit: all rows or columns of a sub-layer's
 * linears along a dimension other than {@code hidden} are grouped by unit.
 *
 * @param layer prefix of a layer's tensors, with {@code {layer}} for its number
 * @param ignored names, as regular expressions, of tensors that carry nothing and are dropped
 * @param stock architectures that hold a model of the family with the same widths in every layer,
 *     the one to be preferred first
 * @param pruned how a pruned model of any other widths calls itself in its {@code config.json}
 */
public record Family(
    String name,
    List<String> architectures,
    String activation,
    List<String> ropeTypes,
    String embedding,
    String finalNorm,
    String head,
    String layer,
    Sublayer attention,
    Sublayer ffn,
    List<String> ignored,
    List<Stock> stock,
    Pruned pruned) {

  /** The role of the linear that closes a sub-layer. */
  public static final String CLOSING = "closing";

  /**
   * One sub-layer.
   *
   * @param norm its norm
   * @param linears its linears by role
   * @param outputBiasFlag key of {@code config.json} that gives the closing linear alone a bias
   */
  public record Sublayer(String norm, Map<String, Linear> linears, String outputBiasFlag) {

    /** The linear that closes it. */
    public Linear closing() {
      return requireNonNull(linears.get(CLOSING), "every sub-layer of a family has one");
    }
  }

  /**
   * One linear, weight shape [rows, columns].
   *
   * @param module its name, before {@code .weight} and {@code .bias}
   * @param rows dimension of the output
   * @param columns dimension of the input
   * @param biasFlags keys of {@code config.json} each of which gives it a bias
   */
  public record Linear(String module, Dimension rows, Dimension columns, List<String> biasFlags) {

    /** Name of its weight, within a layer. */
    public String weight() {
      return module + ".weight";
    }

    /** Name of its bias, if it has one. */
    public String bias() {
      return module + ".bias";
    }
  }

  /** What the size of a tensor's axis depends on; the names are those of the JSON files. */
  public enum Dimension {
    hidden,
    queries,
    keys,
    channels
  }

  /**
   * An architecture that engines know, for models with the same widths in every layer.
   *
   * @param headsDivideHidden whether it refuses a number of heads that does not divide the hidden
   *     size
   * @param biases whether its linears can have biases
   * @param fields what {@code config.json} must say for it to be the same function
   */
  public record Stock(
      String architecture,
      String modelType,
      boolean headsDivideHidden,
      boolean biases,
      Map<String, JsonNode> fields) {}

  /** Names under which transformers finds the code for a pruned model. */
  public record Pruned(
      String architecture, String modelType, String code, Map<String, String> autoMap) {}

  /** The sub-layer's part of the description. */
  public Sublayer sublayer(SublayerKind kind) {
    return kind == SublayerKind.ATTENTION ? attention : ffn;
  }

  /** Full name of a layer's tensor. */
  public String tensor(int layerNumber, String name) {
    return layer.replace("{layer}", Integer.toString(layerNumber)) + name;
  }

  /** The modelling file that is written beside a pruned model. */
  public byte[] code() {
    return resource(pruned.code());
  }

  /** The family that serves one of these architectures. */
  public static Family of(List<String> architectures, String where) {
    List<String> served = new ArrayList<>();
    for (Family family : all()) {
      if (architectures.stream().anyMatch(family.architectures()::contains)) {
        return family;
      }
      served.addAll(family.architectures());
    }
    check(
        !architectures.isEmpty(),
        "%s: no architectures there: add one of those we have, %s",
        where,
        served);
    throw new BadInputException(
        where + ": architecture " + architectures + " is of no family we have; we have " + served);
  }

  /** Every family that has a file, in the order of {@code families.json}. */
  public static List<Family> all() {
    try {
      List<Family> families = new ArrayList<>();
      for (String name : Json.PLAIN.readValue(resource("families.json"), String[].class)) {
        families.add(Json.PLAIN.readValue(resource(name + ".json"), Family.class));
      }
      return families;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] resource(String name) {
    try (InputStream in = Family.class.getResourceAsStream("families/" + name)) {
      if (in == null) {
        throw new IllegalStateException("no resource families/" + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
