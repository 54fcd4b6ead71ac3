// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import com.google.auto.service.AutoService;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsRegistrar;

/**
 * Beam's options for S3, such as {@code --SSEAlgorithm} and {@code --s3UploadBufferSizeBytes},
 * where its module is on the class path: that one registers only what S3 shares with the rest of
 * AWS.
 */
@AutoService(PipelineOptionsRegistrar.class)
public final class S3OptionsRegistrar implements PipelineOptionsRegistrar {
  @Override
  public Iterable<Class<? extends PipelineOptions>> getPipelineOptions() {
    try {
      return List.of(
          Class.forName("org.apache.beam.sdk.io.aws2.options.S3Options")
              .asSubclass(PipelineOptions.class));
    } catch (ClassNotFoundException e) {
      return List.of();
    }
  }
}
