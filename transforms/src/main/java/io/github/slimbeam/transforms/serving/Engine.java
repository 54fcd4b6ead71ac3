// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.serving;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.transforms.storage.UserText;
import java.util.List;
import java.util.Map;

/**
 * A program that opens, serves or goes on with a model, and what it makes of each {@link
 * ServedModel.Form} that we write.
 *
 * @param name of the program
 * @param fits what it makes of every form
 */
public record Engine(String name, Map<ServedModel.Form, Fit> fits) {

  /** Whether a program takes the directory. */
  public enum Verdict {
    /** Opens the directory as it is written. */
    YES,
    /** Its format has room for the widths, once somebody has converted the directory. */
    CONVERTED,
    /** Not with these widths. */
    NO
  }

  /** What a program makes of a form, and how or why not. */
  public record Fit(Verdict verdict, UserText how) {}

  private static final Fit BY_CODE =
      yes("with trust_remote_code=True: the modelling file lies beside the weights");
  private static final String UNIFORM = "; ⟨layout⟩=uniform makes what it takes";
  private static final Fit CLASSES =
      no("it knows models by their class, and this one brings its own" + UNIFORM);

  private static final Fit MORE_THAN_LLAMA =
      no(
          "its form with widths in each layer computes LLaMA's layers, and these compute more"
              + UNIFORM);

  private static final Fit BIASES =
      no(
          "no class of its own has biases on the closing linears alone; ⟨recovery⟩=compensation makes none");

  /** Every program that we know something about. */
  public static final List<Engine> ALL =
      List.of(
          new Engine(
              "transformers",
              Map.of(
                  ServedModel.Form.STOCK, yes("AutoModelForCausalLM.from_pretrained(directory)"),
                  ServedModel.Form.BIASED, BY_CODE,
                  ServedModel.Form.EVEN_HEADS, BY_CODE,
                  ServedModel.Form.UNEVEN, BY_CODE)),
          new Engine(
              "PEFT (LoRA)",
              Map.of(
                  ServedModel.Form.STOCK, yes("on the model that transformers opened; not tried"),
                  ServedModel.Form.BIASED, yes("it names linears, whose names stay; not tried"),
                  ServedModel.Form.EVEN_HEADS, yes("it names linears, whose names stay; not tried"),
                  ServedModel.Form.UNEVEN, yes("it names linears, whose names stay; not tried"))),
          new Engine(
              "vLLM",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS,
                      converted(
                          "its DeciLMForCausalLM has an FFN width per layer; we do not write its config"),
                  ServedModel.Form.UNEVEN,
                      no(
                          "one number of query heads for all layers, and no biases of our kind"
                              + UNIFORM))),
          new Engine(
              "SGLang",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS, CLASSES,
                  ServedModel.Form.UNEVEN, CLASSES)),
          new Engine(
              "TensorRT-LLM",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS, no("the same widths in every layer" + UNIFORM),
                  ServedModel.Form.UNEVEN, no("the same widths in every layer" + UNIFORM))),
          new Engine(
              "llama.cpp (GGUF)",
              Map.of(
                  ServedModel.Form.STOCK,
                      converted("its convert_hf_to_gguf.py makes architecture llama of it"),
                  ServedModel.Form.BIASED,
                      converted(
                          "architecture llama takes the biases; its own converter does not know our class"),
                  ServedModel.Form.EVEN_HEADS, deci(),
                  ServedModel.Form.UNEVEN, deci())),
          new Engine(
              "GPTQ and AWQ tools",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS, CLASSES,
                  ServedModel.Form.UNEVEN, CLASSES)));

  /** What it makes of a model. */
  public Fit of(ServedModel model) {
    Fit fit = requireNonNull(fits.get(model.form()), name);
    if (model.plain() || fit.verdict() != Verdict.CONVERTED) {
      return fit;
    }
    return model.form() == ServedModel.Form.STOCK
        ? converted("if its converter knows this architecture; not tried")
        : MORE_THAN_LLAMA;
  }

  private static Fit deci() {
    return converted(
        "architecture deci has heads and FFN width per layer; its own converter does not make it of our class");
  }

  private static Fit yes(String how) {
    return new Fit(Verdict.YES, new UserText(how));
  }

  private static Fit converted(String how) {
    return new Fit(Verdict.CONVERTED, new UserText(how));
  }

  private static Fit no(String why) {
    return new Fit(Verdict.NO, new UserText(why));
  }
}
