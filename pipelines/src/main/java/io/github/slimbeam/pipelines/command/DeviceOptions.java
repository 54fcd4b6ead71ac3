// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** What every command can be asked that computes. */
public interface DeviceOptions extends LogOptions {

  @Description(
      "What the workers compute on: auto (the first CUDA device if libtorch sees one, else the CPU), cpu, cuda:N")
  @Default.String("auto")
  String getDevice();

  void setDevice(String value);
}
