// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextDigestTest {
  private static final CalibrationText ABC = new CalibrationText("s", "abc", null);
  private static final CalibrationText IDS = new CalibrationText("s", null, List.of(1, 258));

  @Test
  void isShaOfTheText() {
    assertThat(TextDigest.of(ABC))
        .isEqualTo(
            new CalibrationDigest(
                1L, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    assertThat(TextDigest.sha256("abc", "s")).isEqualTo(TextDigest.of(ABC).getSha256Sum());
  }

  @Test
  void isShaOfLittleEndianIds() throws Exception {
    byte[] bytes = {1, 0, 0, 0, 2, 1, 0, 0};
    assertThat(new BigInteger(TextDigest.of(IDS).getSha256Sum(), 16))
        .isEqualTo(new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(bytes)));
  }

  @Test
  void addsUpInAnyOrderModulo2To256() throws Exception {
    BigInteger sum = BigInteger.ZERO;
    CalibrationDigest forward = TextDigest.none();
    CalibrationDigest backward = TextDigest.none();
    for (int i = 0; i < 20; i++) {
      byte[] text = ("text " + i).getBytes(UTF_8);
      sum = sum.add(new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(text)));
      forward = TextDigest.sum(forward, of("text " + i));
      backward = TextDigest.sum(of("text " + (19 - i)), backward);
    }
    assertThat(forward).isEqualTo(backward);
    assertThat(forward.getTexts()).isEqualTo(20);
    assertThat(forward.getSha256Sum())
        .isEqualTo(String.format("%064x", sum.mod(BigInteger.ONE.shiftLeft(256))));
  }

  @Test
  void namesATextThatIsNoUnicode() {
    assertThatThrownBy(() -> of("a\uDE00"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "here: the text is not valid Unicode (half of a surrogate pair): repair or remove it");
  }

  private static CalibrationDigest of(String text) {
    return TextDigest.of(new CalibrationText("here", text, null));
  }
}
