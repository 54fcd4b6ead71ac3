// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Traits;
import io.github.slimbeam.transforms.storage.UserText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A model as an architecture of llama.cpp computes it: the same function, with what the
 * architecture has no key for multiplied into the weights.
 *
 * @param scales what that is
 */
public record GgufForm(
    Architecture architecture, ModelConfig config, Scales scales, RotaryForm rotary) {

  /**
   * Whether there is a form.
   *
   * @param form null if there is none
   * @param refusal why not; empty if there is one
   */
  public record Verdict(@Nullable GgufForm form, UserText refusal) {}

  /** The first architecture that computes the model. */
  public static Verdict find(ModelConfig config) {
    List<String> refusals = new ArrayList<>();
    for (String name : config.family().gguf()) {
      Architecture architecture = Architecture.named(name);
      try {
        return new Verdict(fit(architecture, config), new UserText(""));
      } catch (DoesNotFit e) {
        refusals.add(name + ": " + e.getMessage());
      }
    }
    return new Verdict(
        null,
        new UserText(
            "no architecture of llama.cpp computes this model as far as we know. "
                + String.join(". ", refusals)));
  }

  /**
   * As {@link #find}.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if there is none
   */
  public static GgufForm of(ModelConfig config, String where) {
    Verdict verdict = find(config);
    GgufForm form = verdict.form();
    check(form != null, "%s: %s", where, verdict.refusal().marked());
    return form;
  }

  /** Up to how many tokens the file computes what the model does. */
  public int context() {
    return rotary.context();
  }

  /** What a user should know of the file, a line each. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>(rotary.notes());
    if (config.wrapper() != null) {
      notes.add(
          "the language model alone: other parts of "
              + config.wrapper().architecture()
              + " stay out");
    }
    return notes;
  }

  /** Whether the file has a tensor for the head. */
  boolean hasHead() {
    return architecture.head() == Architecture.Head.required
        || (architecture.head() == Architecture.Head.optional
            && (!config.tied() || !scales.keepTheHead()));
  }

  /** Whether all layers have the same widths. */
  static boolean isUniform(ModelConfig config) {
    return config.layers().stream().distinct().count() == 1;
  }

  private static GgufForm fit(Architecture architecture, ModelConfig config) throws DoesNotFit {
    Traits traits = config.traits();
    Scales scales = Scales.of(architecture, config);
    checkWidths(architecture, config);
    checkParts(architecture, config);
    DoesNotFit.unless(
        traits.activation() == architecture.activation(),
        "its activation is %s, the model's %s",
        architecture.activation(),
        traits.activation());
    DoesNotFit.unless(
        architecture.head() != Architecture.Head.none || config.tied(),
        "its head is the embedding, and this model has a head of its own");
    DoesNotFit.unless(
        architecture.head() != Architecture.Head.none || scales.keepTheHead(),
        "its head is the embedding, and this model scales one of them");
    DoesNotFit.unless(
        (traits.attentionSoftCap() > 0) == architecture.softCaps()
            && (traits.logitSoftCap() > 0) == architecture.softCaps(),
        architecture.softCaps()
            ? "it caps attention and logits, and this model does not cap both"
            : "it caps neither attention nor logits");
    DoesNotFit.unless(
        scales.residual() == 1 || !roles(config, "normAfter"),
        "it does not scale what a sub-layer adds");
    return new GgufForm(architecture, config, scales, RotaryFit.of(architecture, config));
  }

  private static void checkWidths(Architecture architecture, ModelConfig config) throws DoesNotFit {
    DoesNotFit.unless(
        architecture.ownWidths() || isUniform(config),
        "it has the same widths in every layer: ⟨layout⟩=uniform or ⟨padToUniform⟩ makes them so");
    int queries = config.layers().get(0).heads() * config.headSize();
    DoesNotFit.unless(
        !architecture.queriesFillHidden() || queries == config.hidden(),
        "its heads together are as wide as the hidden size, %d, and here they are %d",
        config.hidden(),
        queries);
  }

  private static void checkParts(Architecture architecture, ModelConfig config) throws DoesNotFit {
    for (SublayerKind kind : SublayerKind.values()) {
      Map<String, List<String>> tensors = architecture.tensors(kind);
      Set<String> own = new TreeSet<>();
      tensors.values().forEach(own::addAll);
      Set<String> wanted = new TreeSet<>();
      for (Family.Weight weight : config.family().sublayer(kind).weights().values()) {
        wanted.addAll(weight.rows().keySet());
      }
      DoesNotFit.unless(
          own.equals(wanted),
          "its %s has %s, the model's %s",
          kind == SublayerKind.FFN ? "FFN" : "attention",
          own,
          wanted);
      for (Family.Weight weight : config.family().sublayer(kind).weights().values()) {
        for (Map.Entry<String, List<String>> tensor : tensors.entrySet()) {
          boolean holds = tensor.getValue().stream().anyMatch(weight.rows()::containsKey);
          DoesNotFit.unless(
              !holds || !config.hasBias(weight) || architecture.biases().contains(tensor.getKey()),
              "it has no bias of %s: ⟨recovery⟩=compensation makes none, where the model has none",
              tensor.getKey());
        }
      }
    }
  }

  private static boolean roles(ModelConfig config, String role) {
    return List.of(SublayerKind.values()).stream()
        .map(kind -> config.family().sublayer(kind).weights().values())
        .anyMatch(weights -> weights.stream().anyMatch(weight -> weight.rows().containsKey(role)));
  }
}
