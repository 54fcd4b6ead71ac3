// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StoragePathTest {
  @Test
  void slashesAtTheEndGo() {
    assertThat(Storage.withoutSlash("s3://bucket/a//")).isEqualTo("s3://bucket/a");
    assertThat(Storage.withoutSlash("/a/b")).isEqualTo("/a/b");
    assertThat(Storage.withoutSlash("/")).isEmpty();
  }
}
