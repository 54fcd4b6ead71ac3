// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a failure comes down to, in one line: the deepest cause, where in this project it was met,
 * and for want of memory or of a class what to do. It is read from the trace's text, as that is all
 * that Flink brings from another JVM.
 */
public final class FailureReason {
  /** Not those of suppressed exceptions, which are indented. */
  private static final Pattern CAUSED_BY = Pattern.compile("(?m)^Caused by: ");

  private static final Pattern END_OF_MESSAGE = Pattern.compile("\\n\\s+(at |\\.\\.\\. \\d+ )");
  private static final Pattern FRAME =
      Pattern.compile(
          "(?m)^\\s+at (?:\\S+/)?io\\.github\\.slimbeam\\.(?:\\w+\\.)*([\\w$]+\\.[\\w$<>]+\\([^)]*\\))");

  /** Code that Beam makes, and what every job passes through. */
  private static final Pattern NOT_WHERE_IT_WAS =
      Pattern.compile(".*DoFnInvoker.*|(JobRun|Slim|FailureReason)[.$].*");

  private static final Pattern CLASS = Pattern.compile("(?:[\\w$]+\\.)*([\\w$]+)");
  private static final int LONGEST = 600;

  private static final String HEAP =
      "give it more heap, on a cluster by taskmanager.memory.task.heap.size in its configuration, else by"
          + " JAVA_OPTIONS=-Xmx16g, or another figure, before the command";

  private record Advice(String says, String help) {}

  /** The first whose words a message has: Flink speaks of the heap in most. */
  private static final List<Advice> OUT_OF_MEMORY =
      List.of(
          new Advice(
              "(?is).*metaspace.*",
              "give it more room for classes, on a cluster by taskmanager.memory.jvm-metaspace.size, else by"
                  + " JAVA_OPTIONS=-XX:MaxMetaspaceSize=1g"),
          new Advice(
              "(?is).*direct.*memory.*",
              "give it more direct memory, on a cluster by taskmanager.memory.task.off-heap.size, else by"
                  + " JAVA_OPTIONS=-XX:MaxDirectMemorySize=4g"),
          new Advice(
              "(?is).*native thread.*",
              "the system allows no more threads: raise ulimit -u, or the container's limit of processes"),
          new Advice("(?is).*(heap|gc overhead).*", HEAP));

  /** What Flink adds, which {@link #OUT_OF_MEMORY} says in fewer words. */
  private static final Pattern LECTURE =
      Pattern.compile("(?s)\\.?\\s+(The|A) [\\w -]*out-of-memory error has occurred.*");

  private FailureReason() {}

  /** The reason of a failure. */
  public static String of(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace));
    return of(trace.toString());
  }

  /** The reason that a printed trace tells. */
  static String of(String trace) {
    List<String> causes = List.of(CAUSED_BY.split(trace.replace("\r", "")));
    String deepest = causes.get(causes.size() - 1);
    Matcher end = END_OF_MESSAGE.matcher(deepest);
    String said = (end.find() ? deepest.substring(0, end.start()) : deepest).strip();
    int colon = said.indexOf(": ");
    String type = colon < 0 ? said : said.substring(0, colon);
    String message = colon < 0 ? "" : said.substring(colon);
    // Flink's stand-in for an exception of another JVM puts the class before it once more.
    message =
        message.startsWith(": " + type + ": ") ? message.substring(type.length() + 2) : message;
    Matcher simple = CLASS.matcher(type);
    String reason =
        (simple.matches() ? simple.group(1) : type)
            + LECTURE.matcher(message).replaceFirst("").replaceAll("\\s*\\n\\s*", " ");
    return shortened(reason) + where(causes) + advice(type, message, said);
  }

  private static String shortened(String reason) {
    return reason.length() > LONGEST ? reason.substring(0, LONGEST) + " …" : reason;
  }

  /** Frames that a cause shares with what it caused are printed there only. */
  private static String where(List<String> causes) {
    for (int i = causes.size() - 1; i >= 0; i--) {
      Matcher frame = FRAME.matcher(causes.get(i));
      while (frame.find()) {
        if (!NOT_WHERE_IT_WAS.matcher(frame.group(1)).matches()) {
          return ", at " + frame.group(1);
        }
      }
    }
    return "";
  }

  private static String advice(String type, String message, String said) {
    if (said.contains("OutOfMemoryError")) {
      return OUT_OF_MEMORY.stream()
          .filter(advice -> said.matches(advice.says()))
          .map(advice -> ": " + advice.help())
          .findFirst()
          .orElse("");
    }
    boolean noClass = type.endsWith("NoClassDefFoundError") && !message.contains("initialize");
    return noClass || type.endsWith("ClassNotFoundException")
        ? ": the class path lacks "
            + message.substring(Math.min(2, message.length())).replace('/', '.')
            + ": on a cluster it comes with slim-beam-job.jar and what is in the lib directory of every"
            + " TaskManager; build both anew from one version"
        : "";
  }
}
