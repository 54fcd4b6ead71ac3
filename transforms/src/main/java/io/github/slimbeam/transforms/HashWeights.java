// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PrunedModelDirectory;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * A claimed work directory to the hashes of the dense weights, kept in it: what is pruned from then
 * on is known to come from them, and a submission that finds others is refused. Where they are kept
 * already nothing comes out; {@link ClaimWork} has compared them then.
 *
 * <p><em>Cost</em>: one SHA-256 of every weight file, beside the first stages.
 */
final class HashWeights
    extends PTransform<PCollection<CalibrationDigest>, PCollection<WeightHashes>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;

  private HashWeights(PruningWork work) {
    this.work = work;
  }

  static HashWeights of(PruningWork work) {
    return new HashWeights(work);
  }

  @Override
  public PCollection<WeightHashes> expand(PCollection<CalibrationDigest> claimed) {
    return claimed
        .apply("List files", ParDo.of(new ListFn(work)))
        .apply("Spread files", Reshuffle.viaRandomKey())
        .apply("Hash files", ParDo.of(new HashFn(work)))
        .setCoder(AvroCoder.specific(CheckpointFile.class))
        .apply("Add key", WithKeys.of(""))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), AvroCoder.specific(CheckpointFile.class)))
        .apply("Gather hashes", GroupByKey.create())
        .apply("Keep hashes", ParDo.of(new KeepFn(work)))
        .setCoder(AvroCoder.specific(WeightHashes.class));
  }

  /** The hashes of the weights as they are now. */
  static WeightHashes now(PruningWork work) throws IOException {
    List<CheckpointFile> files = new ArrayList<>();
    for (String name : Model.open(work.storage(), work.model()).checkpoint().files()) {
      files.add(PrunedModelDirectory.hash(work.storage(), work.model(), name));
    }
    return hashes(files);
  }

  /** Hashes by name. */
  static WeightHashes hashes(Iterable<CheckpointFile> files) {
    List<CheckpointFile> sorted = new ArrayList<>();
    files.forEach(sorted::add);
    sorted.sort(Comparator.comparing(CheckpointFile::getName));
    return new WeightHashes(sorted);
  }

  /**
   * Refuses other weights than those that are kept.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first file that
   *     differs
   */
  static void refuseOther(PruningWork work, WeightHashes kept, WeightHashes now) {
    List<CheckpointFile> was = kept.getFiles();
    List<CheckpointFile> is = now.getFiles();
    for (int i = 0; i < Math.max(was.size(), is.size()); i++) {
      String before = i < was.size() ? text(was.get(i)) : "not there";
      String after = i < is.size() ? text(is.get(i)) : "not there";
      check(
          before.equals(after),
          "%s: the weights are not those that the run in %s was begun with: was %s, is %s. Put them back to continue"
              + " it, or begin anew with ⟨restart⟩",
          work.model(),
          work.directory(),
          before,
          after);
    }
  }

  private static String text(CheckpointFile file) {
    return file.getName() + " of SHA-256 " + file.getSha256();
  }

  private static final class ListFn extends DoFn<CalibrationDigest, String> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    ListFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(OutputReceiver<String> out) throws IOException {
      if (work.finished().weights().isEmpty()) {
        work.open().checkpoint().files().forEach(out::output);
      }
    }
  }

  /** The name of a weight file to its hash. */
  static final class HashFn extends DoFn<String, CheckpointFile> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("hash");
    private final PruningWork work;

    HashFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(@Element String name, OutputReceiver<CheckpointFile> out)
        throws IOException {
      long begun = System.nanoTime();
      CheckpointFile file = PrunedModelDirectory.hash(work.storage(), work.model(), name);
      metrics.file(file.getSize(), begun);
      out.output(file);
    }
  }

  private static final class KeepFn
      extends DoFn<KV<String, Iterable<CheckpointFile>>, WeightHashes> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    KeepFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<CheckpointFile>> files, OutputReceiver<WeightHashes> out)
        throws IOException {
      WeightHashes now = hashes(files.getValue());
      work.claim().check();
      Optional<WeightHashes> kept = work.finished().weights();
      if (kept.isPresent()) {
        refuseOther(work, kept.get(), now);
      } else {
        work.finished().keep(now);
      }
      out.output(now);
    }
  }
}
