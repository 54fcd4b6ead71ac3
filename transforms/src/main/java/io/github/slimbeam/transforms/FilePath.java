package io.github.slimbeam.transforms;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;

/** A path as users write it, and what to tell them where Beam cannot do anything with it. */
public final class FilePath {
  private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][-a-zA-Z0-9+.]*):/.*");

  /** How a scheme comes onto the class path. */
  private record Module(String profile, String artifact, String registrar) {
    boolean isThere() {
      String file = registrar.replace('.', '/') + ".class";
      return FilePath.class.getClassLoader().getResource(file) != null;
    }
  }

  private static final Module HADOOP =
      new Module(
          "hdfs",
          "beam-sdks-java-io-hadoop-file-system",
          "org.apache.beam.sdk.io.hdfs.HadoopFileSystemRegistrar");

  private static final Map<String, Module> MODULES =
      Map.of(
          "hdfs",
          HADOOP,
          "webhdfs",
          HADOOP,
          "viewfs",
          HADOOP,
          "s3",
          new Module(
              "s3",
              "beam-sdks-java-io-amazon-web-services2",
              "org.apache.beam.sdk.io.aws2.s3.S3FileSystemRegistrar"),
          "gs",
          new Module(
              "gcs",
              "beam-sdks-java-extensions-google-cloud-platform-core",
              "org.apache.beam.sdk.extensions.gcp.storage.GcsFileSystemRegistrar"));

  private FilePath() {}

  /** The file of this path. */
  static ResourceId file(String path) {
    return resource(path, false);
  }

  /** The directory of this path, with or without a slash at its end. */
  static ResourceId directory(String path) {
    return resource(path, true);
  }

  /** Whether a path is on the local file system. */
  public static boolean isLocal(String path) {
    Matcher scheme = SCHEME.matcher(path);
    return !scheme.matches() || scheme.group(1).equals("file");
  }

  /**
   * A local path as Java spells it.
   *
   * @throws BadInputException if no path can be spelt so
   */
  public static Path local(String path) {
    return Path.of(directory(path).toString());
  }

  /**
   * Nothing, if there is a file system for this path or glob.
   *
   * @throws BadInputException naming what to add to the class path or to the options
   */
  static void check(String path) {
    Matcher scheme = SCHEME.matcher(path);
    if (scheme.matches() && !isLocal(path)) {
      try {
        FileSystems.matchNewResource(scheme.group(1) + "://slim/", true);
      } catch (IllegalArgumentException e) {
        throw new BadInputException(path + ": " + advice(scheme.group(1)), e);
      }
    }
  }

  private static ResourceId resource(String path, boolean isDirectory) {
    check(path);
    try {
      return FileSystems.matchNewResource(path, isDirectory);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(path + ": no such path can be: " + e.getMessage(), e);
    }
  }

  private static String advice(String scheme) {
    Module module = MODULES.get(scheme);
    if (module == null) {
      return "no file system for "
          + scheme
          + ":// is known: expected a local path, hdfs://, s3:// or gs://"
          + ", or Beam's module for "
          + scheme
          + ":// on the class path";
    }
    if (module.isThere()) {
      return module.equals(HADOOP)
          ? "Hadoop is not configured for it: add --hdfsConfiguration='[{\"fs.defaultFS\":\""
              + scheme
              + "://NAMENODE:PORT\"}]', or set HADOOP_CONF_DIR to where core-site.xml is"
          : "Beam's file systems were not registered: call FileSystems.setDefaultPipelineOptions first";
    }
    return "no file system for "
        + scheme
        + ":// on the class path: run SLIM_PROFILES="
        + module.profile()
        + " runners/slim, which builds it in, or add org.apache.beam:"
        + module.artifact()
        + " to your own pipeline";
  }
}
