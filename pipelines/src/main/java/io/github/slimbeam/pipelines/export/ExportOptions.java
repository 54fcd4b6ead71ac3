// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.export;

import io.github.slimbeam.pipelines.command.LogOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import io.github.slimbeam.transforms.gguf.GgufType;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** What {@code export} can be asked. */
public interface ExportOptions extends LogOptions {

  /** Forms of a model that there are. */
  enum Format {
    /** One file for llama.cpp and what is built on it. */
    gguf
  }

  @Description("Directory of the model, dense or pruned, with its tokenizer.json")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);

  @Description("gguf: one file for llama.cpp and what is built on it")
  @Validation.Required
  Format getFormat();

  void setFormat(Format value);

  @Description("The file to write, NAME.gguf; must not exist, see --overwrite")
  @Validation.Required
  @PathOption(written = true)
  String getOutput();

  void setOutput(String value);

  @Description("How matrices are stored: F32, F16, BF16 or Q8_0; as in the model if not given")
  @Nullable GgufType getDtype();

  void setDtype(GgufType value);

  @Description("Replace the file at --output, if it is a GGUF file")
  @Default.Boolean(false)
  boolean getOverwrite();

  void setOverwrite(boolean value);
}
