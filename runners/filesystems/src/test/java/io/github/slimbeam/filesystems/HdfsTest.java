// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.StorageContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class HdfsTest {
  private static final Storage STORAGE = new FileSystemsStorage();

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

  @Nested
  class AsStorage implements StorageContract {
    private String root;

    @BeforeEach
    void registerFileSystems(TestInfo test) throws IOException {
      FileSystems.setDefaultPipelineOptions(
          PipelineOptionsFactory.fromArgs(hdfs.options()).create());
      root = hdfs.path(test.getTestMethod().orElseThrow().getName());
      hdfs.fileSystem().mkdirs(new org.apache.hadoop.fs.Path(root));
    }

    @Override
    public Storage storage() {
      return STORAGE;
    }

    @Override
    public String root() {
      return root;
    }

    @Override
    public List<String> everything() throws IOException {
      return hdfs.everything(root);
    }

    /** Beam's paths of HDFS are URIs: a bracket is refused, not read as a pattern. */
    @Test
    @Override
    public void aDirectoryIsTakenLiterally() {
      assertThatThrownBy(() -> STORAGE.resolve(root, "m[1]/b.json"))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(root + "/m[1]/b.json: this file system takes no such name");
    }

    @Test
    void takesTheDefaultNameNode() throws IOException {
      STORAGE.writeText("hdfs:///default/a", "a");
      assertThat(STORAGE.exists("hdfs:///default/a")).isTrue();
      assertThat(STORAGE.exists(hdfs.path("default/a"))).isTrue();
      assertThat(STORAGE.list("hdfs:///default", "*")).containsExactly(hdfs.path("default/a"));
      STORAGE.deleteTree("hdfs:///default");
      assertThat(hdfs.fileSystem().exists(new org.apache.hadoop.fs.Path("/default"))).isFalse();
    }

    @Test
    void readsTextsByGlobsAndNotADirectory() throws IOException {
      for (String name : List.of("a.txt", "below/b.txt", "below/deeper/c.txt", "d.md")) {
        STORAGE.writeText(root + "/" + name, "text");
      }
      assertThat(ReadTexts.files(root + "/*")).containsExactly(root + "/a.txt", root + "/d.md");
      assertThat(ReadTexts.files(root + "/**.txt"))
          .containsExactly(root + "/a.txt", root + "/below/b.txt", root + "/below/deeper/c.txt");
      assertThatThrownBy(() -> ReadTexts.files(root))
          .isInstanceOf(BadInputException.class)
          .hasMessage("\"%s\" is a directory: name its files, such as %s/*.txt", root, root);
    }

    @Test
    void saysWhatNoPathCanBe() {
      assertThatThrownBy(() -> STORAGE.resolve(root + "/my model", "config.json"))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(root + "/my model: no such path can be: ");
    }

    @Test
    void saysWhereHadoopIsConfigured() {
      FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
      assertThatThrownBy(() -> STORAGE.exists(root + "/a"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              root
                  + "/a: Hadoop is not configured for it: add"
                  + " hdfsConfiguration='[{\"fs.defaultFS\":\"hdfs://NAMENODE:PORT\"}]',"
                  + " or set HADOOP_CONF_DIR to where core-site.xml is");
    }

    @Test
    void saysWhereAQuotaIsExceeded() throws IOException {
      FileSystems.setDefaultPipelineOptions(
          PipelineOptionsFactory.fromArgs(hdfs.options()).create());
      org.apache.hadoop.fs.Path full = new org.apache.hadoop.fs.Path(root);
      hdfs.fileSystem().mkdirs(full);
      hdfs.fileSystem().setQuota(full, HdfsConstants.QUOTA_DONT_SET, 1 << 20);
      assertThatThrownBy(() -> STORAGE.writeText(root + "/a", "text"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "no space left while writing %s: free some, or choose another place", root + "/a");
      assertThat(everything()).isEmpty();
    }
  }

  /** On embedded Flink, whose workers have to be told where HDFS is. */
  @Nested
  class Pruning implements PruneContract {
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
      Path flink = Path.of("..", "flink", "embedded").toAbsolutePath().normalize();
      return List.of(
          "--runner=TestFlinkRunner",
          "--flinkMaster=[local]",
          "--useDataStreamForBatch=true",
          "--flinkConfDir=" + flink,
          "--parallelism=2");
    }
  }
}
