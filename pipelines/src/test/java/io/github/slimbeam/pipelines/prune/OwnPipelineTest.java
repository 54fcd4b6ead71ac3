// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the page on composing, compiled and run as it stands there. */
class OwnPipelineTest {
  private static final Path SOURCE = Path.of("examples", "OwnPipeline.java");

  @TempDir Path directory;

  @Test
  void theDocumentationShowsTheExampleAsItIs() throws Exception {
    String source = Files.readString(SOURCE);
    String shown = source.substring(source.indexOf("/** Somebody's own"));
    assertThat(Files.readString(Path.of("..", "docs", "composing.md"))).contains(shown.strip());
  }

  @Test
  void compilesAndPrunes() throws Exception {
    int errors =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "-d", directory.toString(), SOURCE.toString());
    assertThat(errors).as("compiler's exit code").isZero();
    Path output = directory.resolve("pruned");
    run(
        "OwnPipeline",
        jsonLines().toString(),
        "examples/story-llama",
        output.toString(),
        "--runner=FlinkRunner",
        "--flinkMaster=[local]",
        "--parallelism=2",
        "--useDataStreamForBatch=true",
        "--flinkConfDir=../runners/flink/embedded");
    Model pruned = Model.open(new FileSystemsStorage(), output.toString());
    assertThat(pruned.config().parameters(pruned.config().layers())).isEqualTo(909_184);
  }

  /** The example texts, every second one doubled, with short ones between. */
  private Path jsonLines() throws Exception {
    List<String> texts = new ArrayList<>();
    for (String story :
        Files.readString(Path.of("examples", "story-calibration.txt")).split("\n\n")) {
      texts.add(story);
      if (texts.size() % 2 == 0) {
        texts.add(story);
        texts.add("The end.");
      }
    }
    Collections.reverse(texts);
    ObjectMapper json = new ObjectMapper();
    List<String> lines = new ArrayList<>();
    for (String text : texts.subList(0, 400)) {
      lines.add(json.createObjectNode().put("text", text).toString());
    }
    return Files.write(directory.resolve("texts.jsonl"), lines);
  }

  /** As its author would: in a JVM of its own. */
  private void run(String... command) throws Exception {
    List<String> whole =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-Dai.djl.pytorch.num_threads=1",
                "-cp",
                directory + File.pathSeparator + System.getProperty("java.class.path")));
    whole.addAll(List.of(command));
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
  }
}
