// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {

  private static Table table() {
    return new Table("t", "Caption")
        .words("name")
        .numbers("much")
        .numbers("wide", 6)
        .words("")
        .row("a | b", "1", "2", "")
        .row("c", "12345", "", "said");
  }

  @Test
  void textHasWordsAtTheLeftAndNumbersAtTheRight() {
    assertThat(table().text(1))
        .containsExactly(
            " name    much    wide", //
            " a | b      1       2",
            " c      12345          said");
  }

  @Test
  void textWithoutTitlesBeginsWithTheFirstRow() {
    assertThat(new Table().words("").words("").row("one", "1").text(0)).containsExactly("one  1");
    assertThat(new Table().words("").text(0)).isEmpty();
  }

  @Test
  void markdownEscapesWhatWouldEndACell() {
    assertThat(table().markdown())
        .containsExactly(
            "| name | much | wide |  |",
            "|---|---:|---:|---|",
            "| a \\| b | 1 | 2 |  |",
            "| c | 12345 |  | said |");
  }

  @Test
  void markupNamesColumnsAndRows() {
    assertThat(table().markup().toString().replace("\n", ""))
        .contains(
            "<caption id=\"t\"><span>Caption</span></caption>",
            "<th scope=\"col\" class=\"number\">much</th>",
            "<th scope=\"row\" class=\"words\">a | b</th><td class=\"number\">1</td>");
  }

  @Test
  void aRowHasACellForEveryColumn() {
    assertThatThrownBy(() -> table().row(List.of("alone")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
