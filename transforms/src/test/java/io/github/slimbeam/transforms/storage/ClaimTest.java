package io.github.slimbeam.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.FileSystemsStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
  private static final List<RecipeOption> RUN =
      List.of(new RecipeOption("--seed", "1"), new RecipeOption("--damping", "0.01"));

  @TempDir private Path directory;
  private Claim first;
  private Claim second;

  @BeforeEach
  void submitTwice() {
    first = new Claim(new FileSystemsStorage(), directory.resolve("work").toString(), "20260101-b");
    second = new Claim(first.storage(), first.directory(), "20260102-a");
  }

  @Test
  void theLatestSubmissionHoldsTheDirectory() throws IOException {
    first.take(RUN);
    first.check();
    second.take(RUN);
    second.check();
    assertThatThrownBy(first::check)
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            first.directory()
                + " was taken over by a later submission of the same run (20260102-a), which goes on with it:"
                + " this one (20260101-b) stops");
    assertThatThrownBy(() -> first.take(RUN)).hasMessageContaining("taken over");
    second.take(RUN);
    assertThat(second.find().orElseThrow().getSubmission()).isEqualTo("20260102-a");
    assertThat(second.find().orElseThrow().getFormer()).containsExactly("20260101-b");
  }

  @Test
  void whatDiffersIsNamed() throws IOException {
    first.take(RUN);
    List<RecipeOption> other =
        List.of(new RecipeOption("--damping", "0.1"), new RecipeOption("--search", "sweep"));
    assertThatThrownBy(() -> second.take(other))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            first.directory()
                + " holds an unfinished run that was asked something else: --seed was 1, is not given; --damping was"
                + " 0.01, is 0.1; --search was not given, is sweep. Ask the same to continue it, or begin anew with"
                + " --restart");
    first.check();
  }

  @Test
  void whatNobodyClaimsIsEmptied() throws IOException {
    String stray = first.storage().resolve(first.directory(), "pruned/0000-FFN.avro");
    first.storage().writeText(stray, "of another run");
    first.check();
    first.take(RUN);
    assertThat(first.storage().exists(stray)).isFalse();
    first.storage().writeText(stray, "of this run");
    second.take(RUN);
    assertThat(first.storage().exists(stray)).isTrue();
  }
}
