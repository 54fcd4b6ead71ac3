// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

/**
 * HTML that is written piece by piece. Text and attribute values are escaped here and nowhere else;
 * tags and attribute names are the program's own.
 */
final class Markup {
  private final StringBuilder html = new StringBuilder();

  /** Opens an element; attributes come as name, value, name, value. */
  Markup open(String tag, String... attributes) {
    html.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      html.append(' ').append(attributes[i]).append("=\"").append(escaped(attributes[i + 1]));
      html.append('"');
    }
    html.append('>');
    return this;
  }

  /** Closes an element. */
  Markup close(String tag) {
    html.append("</").append(tag).append(">\n");
    return this;
  }

  /** Adds text. */
  Markup text(String text) {
    html.append(escaped(text));
    return this;
  }

  /** Adds text that may be broken after each slash, as a path in a narrow column. */
  Markup path(String text) {
    html.append(escaped(text).replace("/", "/<wbr>"));
    return this;
  }

  /** Adds an element that holds but text. */
  Markup element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close(tag);
  }

  /** Adds what was written elsewhere. */
  Markup add(Markup other) {
    html.append(other.html);
    return this;
  }

  @Override
  public String toString() {
    return html.toString();
  }

  /** Text that no parser takes for markup, between tags or in quotes. */
  static String escaped(String text) {
    StringBuilder safe = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        case '\t', '\n' -> safe.append(c);
        // A carriage return would be read as a line feed; other control characters mean nothing.
        case '\r' -> safe.append("&#13;");
        default -> safe.append(c < ' ' || c == '\u007f' ? '\ufffd' : c);
      }
    }
    return safe.toString();
  }
}
