// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class UserTextTest {
  private static final String MARKED = "⟨shards⟩=0: expected more; give another ⟨device⟩ a device";

  @Test
  void namesParametersAsItsReaderKnowsThem() {
    UserText text = new UserText(MARKED);
    assertThat(text).hasToString("shards=0: expected more; give another device a device");
    assertThat(text.naming(name -> "$" + name))
        .isEqualTo("$shards=0: expected more; give another $device a device");
  }

  @Test
  void anExceptionsMessageIsPlain() {
    assertThatThrownBy(() -> BadInputException.check(false, MARKED))
        .hasMessage("shards=0: expected more; give another device a device");
  }

  /** As from a worker in another JVM, of which nothing but text arrives. */
  @Test
  void whatWasMarkedIsStillKnownOfAPrintedTrace() {
    BadInputException thrown = new BadInputException(MARKED);
    BadInputException read = BadInputException.in(trace(thrown), thrown).orElseThrow();
    assertThat(read.text()).isEqualTo(thrown.text());
    assertThat(read).hasMessage(thrown.getMessage());
    BadInputException again = BadInputException.in(trace(read), thrown).orElseThrow();
    assertThat(again.text()).isEqualTo(thrown.text());
    assertThat(BadInputException.in(trace(new IllegalStateException("x")), thrown)).isEmpty();
  }

  private static String trace(Throwable thrown) {
    StringWriter trace = new StringWriter();
    new RuntimeException(thrown).printStackTrace(new PrintWriter(trace));
    return trace.toString();
  }
}
