// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.serving;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.transforms.export.GgufForm;
import io.github.slimbeam.transforms.storage.UserText;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A program that opens, serves or goes on with a model, and what it makes of each {@link
 * ServedModel.Form} that we write.
 *
 * @param name of the program
 * @param fits what it makes of a model
 */
public record Engine(String name, Function<ServedModel, Fit> fits) {

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
          byForm(
              "transformers",
              Map.of(
                  ServedModel.Form.STOCK, yes("AutoModelForCausalLM.from_pretrained(directory)"),
                  ServedModel.Form.BIASED, BY_CODE,
                  ServedModel.Form.EVEN_HEADS, BY_CODE,
                  ServedModel.Form.UNEVEN, BY_CODE)),
          byForm(
              "PEFT (LoRA)",
              Map.of(
                  ServedModel.Form.STOCK, yes("on the model that transformers opened; not tried"),
                  ServedModel.Form.BIASED, yes("it names linears, whose names stay; not tried"),
                  ServedModel.Form.EVEN_HEADS, yes("it names linears, whose names stay; not tried"),
                  ServedModel.Form.UNEVEN, yes("it names linears, whose names stay; not tried"))),
          byForm(
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
          byForm(
              "SGLang",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS, CLASSES,
                  ServedModel.Form.UNEVEN, CLASSES)),
          byForm(
              "TensorRT-LLM",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS, no("the same widths in every layer" + UNIFORM),
                  ServedModel.Form.UNEVEN, no("the same widths in every layer" + UNIFORM))),
          new Engine("llama.cpp (GGUF)", Engine::ofGguf),
          byForm(
              "GPTQ and AWQ tools",
              Map.of(
                  ServedModel.Form.STOCK, yes("not tried"),
                  ServedModel.Form.BIASED, BIASES,
                  ServedModel.Form.EVEN_HEADS, CLASSES,
                  ServedModel.Form.UNEVEN, CLASSES)));

  /** What it makes of a model. */
  public Fit of(ServedModel model) {
    return fits.apply(model);
  }

  private static Engine byForm(String name, Map<ServedModel.Form, Fit> fits) {
    return new Engine(
        name,
        model -> {
          Fit fit = requireNonNull(fits.get(model.form()), name);
          return model.plain() || fit.verdict() != Verdict.CONVERTED ? fit : MORE_THAN_LLAMA;
        });
  }

  /** By the rules of the export itself. */
  private static Fit ofGguf(ServedModel model) {
    GgufForm form = model.gguf().form();
    if (form == null) {
      return new Fit(Verdict.NO, model.gguf().refusal());
    }
    StringBuilder how =
        new StringBuilder("export with ⟨format⟩=gguf makes architecture ")
            .append(form.architecture().name());
    form.notes().forEach(note -> how.append("; ").append(note));
    return converted(how.toString());
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
