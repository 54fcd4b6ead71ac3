package io.github.slimbeam.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.StorageContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class HdfsStorageTest implements StorageContract {
  @TempDir private static Path directory;
  private static LocalHdfs hdfs;

  private final Storage storage = new FileSystemsStorage();
  private String root;

  @BeforeAll
  static void start() throws IOException {
    hdfs = LocalHdfs.start(directory);
  }

  @AfterAll
  static void stop() {
    hdfs.close();
  }

  @BeforeEach
  void registerFileSystems(TestInfo test) throws IOException {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.fromArgs(hdfs.options()).create());
    root = hdfs.path(test.getTestMethod().orElseThrow().getName());
    hdfs.fileSystem().mkdirs(new org.apache.hadoop.fs.Path(root));
  }

  @Override
  public Storage storage() {
    return storage;
  }

  @Override
  public String root() {
    return root;
  }

  @Override
  public List<String> everything() throws IOException {
    return hdfs.everything(root);
  }

  @Test
  void takesTheDefaultNameNode() throws IOException {
    storage.writeText("hdfs:///default/a", "a");
    assertThat(storage.exists("hdfs:///default/a")).isTrue();
    assertThat(storage.exists(hdfs.path("default/a"))).isTrue();
    assertThat(storage.list(storage.resolve("hdfs:///default", "*")))
        .containsExactly(hdfs.path("default/a"));
    storage.deleteTree("hdfs:///default");
    assertThat(hdfs.fileSystem().exists(new org.apache.hadoop.fs.Path("/default"))).isFalse();
  }

  @Test
  void readsTextsByGlobsAndNotADirectory() throws IOException {
    for (String name : List.of("a.txt", "below/b.txt", "below/deeper/c.txt", "d.md")) {
      storage.writeText(root + "/" + name, "text");
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
    assertThatThrownBy(() -> storage.resolve(root + "/my model", "config.json"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(root + "/my model: no such path can be: ");
  }

  @Test
  void saysWhereHadoopIsConfigured() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    assertThatThrownBy(() -> storage.exists(root + "/a"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            root
                + "/a: Hadoop is not configured for it: add"
                + " --hdfsConfiguration='[{\"fs.defaultFS\":\"hdfs://NAMENODE:PORT\"}]',"
                + " or set HADOOP_CONF_DIR to where core-site.xml is");
  }
}
