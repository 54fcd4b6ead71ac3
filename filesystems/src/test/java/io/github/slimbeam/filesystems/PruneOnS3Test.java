package io.github.slimbeam.filesystems;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PruneOnS3Test implements PruneContract {
  private static LocalS3 s3;

  @BeforeAll
  static void start() throws Exception {
    s3 = LocalS3.start();
  }

  @AfterAll
  static void stop() throws Exception {
    s3.close();
  }

  @Override
  public String path(String name) {
    return s3.path(name);
  }

  @Override
  public String[] options() {
    return s3.options();
  }

  @Override
  public List<String> everything(String below) {
    return s3.everything(below);
  }

  @Override
  public List<String> runner() {
    return List.of("--runner=DirectRunner", "--enforceImmutability=false");
  }
}
