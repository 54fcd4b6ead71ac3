// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
  private static final List<RecipeOption> RUN =
      List.of(new RecipeOption("seed", "1"), new RecipeOption("damping", "0.01"));

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
        List.of(new RecipeOption("damping", "0.1"), new RecipeOption("search", "sweep"));
    assertThatThrownBy(() -> second.take(other))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            first.directory()
                + " holds an unfinished run that was asked something else: seed was 1, is not given; damping was"
                + " 0.01, is 0.1; search was not given, is sweep. Ask the same to continue it, or begin anew with"
                + " restart");
    first.check();
  }

  @Test
  void whatNobodyClaimsIsRefusedAndStays() throws IOException {
    String stray = first.storage().resolve(first.directory(), "config.json");
    first.storage().writeText(stray, "somebody's");
    first.check();
    for (ThrowingCallable touch : List.<ThrowingCallable>of(() -> first.take(RUN), first::clear)) {
      assertThatThrownBy(touch)
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "%s is no work directory of a run (it has no claim.avro) and holds files, such as %s: move them away,"
                  + " or choose another place with workDirectory or output",
              first.directory(), stray);
    }
    assertThat(first.storage().list(first.directory(), "**")).containsExactly(stray);
  }

  @Test
  void onlyFilesOfARunAreCleared() throws IOException {
    String notes = first.storage().resolve(first.directory(), "notes.txt");
    String near = first.storage().resolve(first.directory(), "pruned/0000-FFN.avro.old");
    first.take(RUN);
    for (String name :
        List.of(
            "plan.avro",
            "windows/00012.avro",
            "hidden-states/0003/00012.safetensors",
            "hidden-states/0003/00012.safetensors.12345678-1234-1234-1234-123456789abc.partial",
            "attention-outputs/0001/00012.safetensors",
            "moments/0001-FFN/0000-0001-0123abcd.safetensors",
            "pruned/0000-ATTENTION.avro",
            "pruned/0000-ATTENTION-0123abcd.safetensors")) {
      first.storage().writeText(first.storage().resolve(first.directory(), name), name);
    }
    first.storage().writeText(notes, "a user's");
    first.storage().writeText(near, "a user's");
    second.take(RUN);
    second.clear();
    assertThat(first.storage().list(first.directory(), "**")).containsExactly(notes, near);
    assertThatThrownBy(() -> second.take(RUN)).hasMessageContaining("notes.txt");
  }

  @Test
  void aDamagedClaimIsRefusedAndCleared() throws IOException {
    first.take(RUN);
    String claim = first.storage().resolve(first.directory(), "claim.avro");
    first.storage().writeText(claim, "damaged");
    assertThat(Claim.next(first.storage(), first.directory())).startsWith("0000000001-");
    assertThatThrownBy(() -> second.take(RUN))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("begin anew with restart");
    second.clear();
    assertThat(Path.of(first.directory())).doesNotExist();
  }

  @Test
  void aDirectoryOfARunAloneGoesWithIt() throws IOException {
    first.clear();
    first.take(RUN);
    first.clear();
    assertThat(Path.of(first.directory())).doesNotExist();
  }

  /** A clock that was ten minutes ahead blocked everybody for ten minutes. */
  @Test
  void theNextSubmissionComesAfterTheOneThatIsThere() throws IOException {
    Storage storage = first.storage();
    assertThat(Claim.next(storage, first.directory())).matches("0000000001-[0-9a-f]{8}");
    Claim ahead = new Claim(storage, first.directory(), "29991231-ahead");
    ahead.take(RUN);
    String next = Claim.next(storage, first.directory());
    assertThat(next).matches("0029991232-[0-9a-f]{8}");
    Claim later = new Claim(storage, first.directory(), next);
    later.take(RUN);
    later.check();
    assertThatThrownBy(ahead::check).hasMessageContaining("taken over");
    Claim atOnce = new Claim(storage, first.directory(), "0029991232-ffffffff");
    assertThatThrownBy(() -> atOnce.take(RUN)).hasMessageContaining("taken over");
    later.check();
  }
}
