package io.github.slimbeam.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On embedded Flink, whose workers have to be told where HDFS is. */
class PruneOnHdfsTest implements PruneContract {
  @TempDir private static Path directory;
  private static LocalHdfs hdfs;

  @BeforeAll
  static void start() throws IOException {
    hdfs = LocalHdfs.start(directory);
  }

  @AfterAll
  static void stop() {
    hdfs.close();
  }

  @Override
  public String path(String name) {
    return hdfs.path(name);
  }

  @Override
  public String[] options() {
    return hdfs.options();
  }

  @Override
  public List<String> everything(String below) throws IOException {
    return hdfs.everything(below);
  }

  @Override
  public List<String> runner() {
    Path flink = Path.of("..", "runners", "flink", "embedded").toAbsolutePath().normalize();
    return List.of(
        "--runner=TestFlinkRunner",
        "--flinkMaster=[local]",
        "--useDataStreamForBatch=true",
        "--flinkConfDir=" + flink,
        "--parallelism=2");
  }

  @Test
  void saysWhereAQuotaIsExceeded() throws IOException {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.fromArgs(hdfs.options()).create());
    org.apache.hadoop.fs.Path full = new org.apache.hadoop.fs.Path(path("full"));
    hdfs.fileSystem().mkdirs(full);
    hdfs.fileSystem().setQuota(full, HdfsConstants.QUOTA_DONT_SET, 1 << 20);
    assertThatThrownBy(() -> STORAGE.writeText(path("full/a"), "text"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "no space left while writing %s: free some, or choose another place", path("full/a"));
    assertThat(everything(path("full"))).isEmpty();
  }
}
