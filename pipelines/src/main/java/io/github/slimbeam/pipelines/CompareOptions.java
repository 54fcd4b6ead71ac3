package io.github.slimbeam.pipelines;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** What {@code compare} can be asked, beside the runs. */
public interface CompareOptions extends LogOptions {

  @Description("File of the page; must not exist, see --overwrite")
  @Default.String("compare.html")
  String getOutput();

  void setOutput(String value);

  @Description("Replace the file at --output")
  @Default.Boolean(false)
  boolean getOverwrite();

  void setOverwrite(boolean value);
}
