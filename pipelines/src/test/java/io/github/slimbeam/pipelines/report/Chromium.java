// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless Chromium, spoken to in the DevTools protocol; one page at a time. */
final class Chromium implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  private static final Pattern ADDRESS = Pattern.compile("DevTools listening on (ws://\\S+)");
  private static final long PATIENCE_SECONDS = 120;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> replies = new ConcurrentHashMap<>();
  private final List<JsonNode> events = new CopyOnWriteArrayList<>();
  private String session;

  private Chromium(Process process, String address) {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), new Replies())
            .join();
  }

  /** Starts one; its profile and its log go to a directory. */
  static Chromium start(Path directory) throws IOException, InterruptedException {
    Path log = directory.resolve("chromium.log");
    Process process =
        new ProcessBuilder(
                executable(),
                "--headless=new",
                // A container's root may not have a sandbox; the pages are our own.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + directory.resolve("profile"),
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end && process.isAlive()) {
      Matcher address = ADDRESS.matcher(Files.readString(log));
      if (address.find()) {
        return new Chromium(process, address.group(1));
      }
      Thread.sleep(50);
    }
    process.destroyForcibly();
    throw new IllegalStateException("Chromium did not start: " + Files.readString(log));
  }

  private static String executable() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(directory -> NAMES.stream().map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElseThrow(
            () ->
                new AssertionError(
                    "none of "
                        + NAMES
                        + " in PATH: -Pbrowser needs one: apt-get install chromium"));
  }

  private final class Replies implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      message.append(part);
      if (last) {
        take(message.toString());
        message.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(String text) {
      try {
        JsonNode json = JSON.readTree(text);
        if (json.has("id")) {
          replies.get(json.get("id").asInt()).complete(json);
        } else {
          events.add(json);
        }
      } catch (IOException e) {
        throw new IllegalStateException(text, e);
      }
    }
  }

  private JsonNode call(String method, Object... parameters) {
    ObjectNode message = JSON.createObjectNode().put("method", method);
    int id = lastId.incrementAndGet();
    message.put("id", id);
    if (session != null) {
      message.put("sessionId", session);
    }
    ObjectNode values = message.putObject("params");
    for (int i = 0; i < parameters.length; i += 2) {
      values.set((String) parameters[i], JSON.valueToTree(parameters[i + 1]));
    }
    CompletableFuture<JsonNode> reply = new CompletableFuture<>();
    replies.put(id, reply);
    socket.sendText(message.toString(), true).join();
    JsonNode answer = reply.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    assertThat(answer.has("error")).as("%s: %s", method, answer.path("error")).isFalse();
    return answer.get("result");
  }

  /** Opens a page from a file in a new tab, and waits until it is there and drawn. */
  void open(Path file, String scheme, int width) throws InterruptedException {
    session = null;
    String target = call("Target.createTarget", "url", "about:blank").get("targetId").asText();
    session =
        call("Target.attachToTarget", "targetId", target, "flatten", true)
            .get("sessionId")
            .asText();
    events.clear();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable");
    }
    call(
        "Emulation.setDeviceMetricsOverride",
        "width",
        width,
        "height",
        900,
        "deviceScaleFactor",
        1,
        "mobile",
        width < 500);
    prefer(scheme);
    call("Page.navigate", "url", file.toUri().toString());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (events("Page.loadEventFired").isEmpty()) {
      assertThat(System.nanoTime()).as("%s is loaded", file).isLessThan(end);
      Thread.sleep(20);
    }
    settle();
  }

  /** Lets the page see another colour scheme. */
  void prefer(String scheme) {
    call(
        "Emulation.setEmulatedMedia",
        "features",
        List.of(Map.of("name", "prefers-color-scheme", "value", scheme)));
  }

  /** Waits until the page has been painted twice. */
  void settle() {
    evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(0))))");
  }

  /** The value of a JavaScript expression, awaited. */
  JsonNode evaluate(String expression) {
    JsonNode result =
        call(
            "Runtime.evaluate",
            "expression",
            expression,
            "awaitPromise",
            true,
            "returnByValue",
            true);
    assertThat(result.has("exceptionDetails")).as(result.toString()).isFalse();
    return result.get("result").path("value");
  }

  /** What happened in the open page since it was opened, by the event's name. */
  List<JsonNode> events(String method) {
    return events.stream()
        .filter(e -> e.get("method").asText().equals(method))
        .filter(e -> e.path("sessionId").asText().equals(session))
        .map(e -> e.get("params"))
        .toList();
  }

  /** The whole page as PNG. */
  byte[] screenshot() throws IOException {
    JsonNode size = call("Page.getLayoutMetrics").get("cssContentSize");
    JsonNode png =
        call(
            "Page.captureScreenshot",
            "format",
            "png",
            "captureBeyondViewport",
            true,
            "clip",
            Map.of(
                "x",
                0,
                "y",
                0,
                "scale",
                1,
                "width",
                size.get("width").asInt(),
                "height",
                size.get("height").asInt()));
    return png.get("data").binaryValue();
  }

  /** Ends the whole tree of processes: one that is left still writes to the profile. */
  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    CompletableFuture.allOf(
            all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .join();
  }
}
