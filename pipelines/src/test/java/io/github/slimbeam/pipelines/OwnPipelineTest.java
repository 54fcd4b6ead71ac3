package io.github.slimbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The composition example of the README, compiled and run as it stands there. */
class OwnPipelineTest {
  private static final Path SOURCE = Path.of("examples", "OwnPipeline.java");

  @TempDir Path directory;

  @Test
  void theReadmeShowsTheExampleAsItIs() throws Exception {
    String source = Files.readString(SOURCE);
    String shown = source.substring(source.indexOf("/** Somebody's own"));
    assertThat(Files.readString(Path.of("..", "README.md"))).contains(shown.strip());
  }

  @Test
  void compilesAndPrunes() throws Exception {
    int errors =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-proc:none", "-d", directory.toString(), SOURCE.toString());
    assertThat(errors).as("compiler's exit code").isZero();
    Path output = directory.resolve("pruned");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
      run(
          loader,
          jsonLines().toString(),
          "examples/story-llama",
          output.toString(),
          "--runner=FlinkRunner",
          "--flinkMaster=[local]",
          "--parallelism=2",
          "--useDataStreamForBatch=true",
          "--flinkConfDir=../runners/flink/embedded");
    }
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

  private static void run(ClassLoader loader, String... args) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      loader.loadClass("OwnPipeline").getMethod("main", String[].class).invoke(null, (Object) args);
    } catch (InvocationTargetException e) {
      throw new AssertionError(e.getCause());
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
