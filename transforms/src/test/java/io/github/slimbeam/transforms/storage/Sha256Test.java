// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever computes it, against the example of FIPS 180-2, appendix B.1. */
class Sha256Test {
  @ParameterizedTest
  @ValueSource(longs = {0, Sha256.MUCH})
  void abc(long bytes) {
    MessageDigest sha = Sha256.start(bytes);
    sha.update("abc".getBytes(StandardCharsets.US_ASCII));
    assertThat(HexFormat.of().formatHex(sha.digest()))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}
