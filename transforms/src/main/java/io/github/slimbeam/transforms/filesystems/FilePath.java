// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.net.URLDecoder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;

/** A path as users write it, and what to tell them where Beam cannot do anything with it. */
public final class FilePath {
  private static final Pattern SCHEME = Pattern.compile("([a-zA-Z][-a-zA-Z0-9+.]*):/.*");

  private static final Pattern SPECIAL = Pattern.compile("[\\\\*?\\[\\]{}]");
  private static final Pattern AUTHORITY = Pattern.compile("^[a-zA-Z][-a-zA-Z0-9+.]*://[^/]*");

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

  /** What Java cannot spell is, as a rule, letters that the locale does not have. */
  private static final String ENCODING =
      System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8")
          ? ""
          : ": the locale has other characters only, set LC_ALL=C.UTF-8";

  private FilePath() {}

  /** The file of this path. */
  public static ResourceId file(String path) {
    return resource(path, false);
  }

  /** The directory of this path, with or without a slash at its end. */
  static ResourceId directory(String path) {
    return resource(path, true);
  }

  /**
   * A pattern for one character in the place of each that is special in globs, whatever escapes it.
   */
  static String asGlob(String path) {
    return SPECIAL.matcher(path).replaceAll("?");
  }

  /** Whether a path found by {@link #asGlob} begins as the one that was meant, or is it. */
  static boolean isSpelled(String found, String meant) {
    return !SPECIAL.matcher(meant).find()
        || AUTHORITY
            .matcher(found)
            .replaceFirst("")
            .startsWith(AUTHORITY.matcher(meant).replaceFirst(""));
  }

  /** Whether a path is on the local file system. */
  public static boolean isLocal(String path) {
    Matcher scheme = SCHEME.matcher(path);
    return !scheme.matches() || scheme.group(1).equalsIgnoreCase("file");
  }

  /**
   * The path that a user means: {@code file:} URIs are plain local paths, {@code ~/} is the home
   * directory, which a shell does not know behind {@code --option=}. Globs stay what they are.
   *
   * @param name of the option, for messages
   * @throws BadInputException if nothing can be at such a path
   */
  public static String resolve(String name, String path) {
    BadInputException.check(
        !path.isBlank(), "%s has an empty path: expected that of a file or directory", name);
    if (!isLocal(path)) {
      return path;
    }
    try {
      return Path.of(inHome(plain(path))).toString();
    } catch (IllegalArgumentException e) {
      throw new BadInputException(name + "=" + path + ": " + e.getMessage() + ENCODING, e);
    }
  }

  /** A {@code file:} URI without its scheme; a part that is escaped as in any URI is read so. */
  private static String plain(String path) {
    if (!SCHEME.matcher(path).matches()) {
      return path;
    }
    String rest = path.substring("file:".length());
    if (rest.startsWith("//")) {
      int slash = rest.indexOf('/', 2);
      String host = slash < 0 ? rest.substring(2) : rest.substring(2, slash);
      if (slash < 0 || !(host.isEmpty() || host.equalsIgnoreCase("localhost"))) {
        throw new IllegalArgumentException(
            host + " would be another machine: expected file:/// and a path on this one");
      }
      rest = rest.substring(slash);
    }
    return rest.matches("([^%]|%\\p{XDigit}{2})*")
        ? URLDecoder.decode(rest.replace("+", "%2B"), UTF_8)
        : rest;
  }

  private static String inHome(String path) {
    if (!path.startsWith("~")) {
      return path;
    }
    if (path.length() > 1 && path.charAt(1) != '/') {
      throw new IllegalArgumentException(
          "whose home that is cannot be told: expected ~/ for your own, a full path, or ./"
              + path
              + " for what has that name here");
    }
    // As shells do; what Java knows is "?" for a user whom a container's passwd does not list.
    String home =
        Optional.ofNullable(System.getenv("HOME")).orElse(System.getProperty("user.home"));
    if (!home.startsWith("/")) {
      throw new IllegalArgumentException("no home directory is known: set HOME");
    }
    return Storage.withoutSlash(home) + path.substring(1);
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
    BadInputException.check(!path.isBlank(), "an empty path: expected that of a file or directory");
    try {
      return FileSystems.matchNewResource(isLocal(path) ? plain(path) : path, isDirectory);
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
          ? "Hadoop is not configured for it: add ⟨hdfsConfiguration⟩='[{\"fs.defaultFS\":\""
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
