// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.filesystems;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.StorageContract;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInfo;

class S3Test {
  private static LocalS3 s3;

  @BeforeAll
  static void start() throws Exception {
    s3 = LocalS3.start();
  }

  @AfterAll
  static void stop() throws Exception {
    s3.close();
  }

  @Nested
  class AsStorage implements StorageContract {
    private String root;

    @BeforeEach
    void registerFileSystems(TestInfo test) {
      FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.fromArgs(s3.options()).create());
      root = s3.path(test.getTestMethod().orElseThrow().getName());
    }

    @Override
    public Storage storage() {
      return new FileSystemsStorage();
    }

    @Override
    public String root() {
      return root;
    }

    @Override
    public List<String> everything() {
      return s3.everything(root);
    }
  }

  @Nested
  class Pruning implements PruneContract {
    @Override
    public String path(String name) {
      return s3.path(name);
    }

    @Override
    public String[] options() {
      return s3.options();
    }

    @Override
    public List<String> everything(String below) {
      return s3.everything(below);
    }

    @Override
    public List<String> runner() {
      return DIRECTLY;
    }
  }
}
