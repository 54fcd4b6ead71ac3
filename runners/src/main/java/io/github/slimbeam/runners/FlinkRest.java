// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What a Flink cluster says of itself over REST. */
final class FlinkRest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final String root;

  private FlinkRest(String root) {
    this.root = root;
  }

  /**
   * The cluster at {@code host:port}, with or without a scheme.
   *
   * @throws IllegalArgumentException if that is no address
   */
  static FlinkRest at(String address) {
    String root = address.replaceAll("/+$", "");
    root = root.matches("https?://.*") ? root : "http://" + root;
    if (URI.create(root).getHost() == null) {
      throw new IllegalArgumentException(address);
    }
    return new FlinkRest(root);
  }

  /** Slots, jobs and version of the cluster. */
  JsonNode overview() throws IOException {
    return get("/overview");
  }

  /** Every job that the cluster remembers: jid, name, state, start-time. */
  JsonNode jobs() throws IOException {
    return get("/jobs/overview").path("jobs");
  }

  /** One job with its vertices. */
  JsonNode job(String id) throws IOException {
    return get("/jobs/" + id);
  }

  /** Asks for a job's end; a job that has ended stays as it is. */
  void cancel(String id) throws IOException {
    send(request("/jobs/" + id).method("PATCH", HttpRequest.BodyPublishers.noBody()).build());
  }

  /** Any other resource. */
  JsonNode get(String path) throws IOException {
    return Json.PLAIN.readTree(send(request(path).build()));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(root + path)).timeout(PATIENCE);
  }

  private String send(HttpRequest request) throws IOException {
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IOException(
            request.uri() + ": HTTP " + response.statusCode() + " " + response.body());
      }
      return response.body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
