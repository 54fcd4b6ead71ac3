// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.filesystems;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.TransientApiMetadata;
import org.jclouds.blobstore.domain.PageSet;
import org.jclouds.blobstore.domain.StorageMetadata;
import org.jclouds.blobstore.options.ListContainerOptions;

/** An S3 server in this JVM with one bucket, which keeps objects in heap and checks signatures. */
final class LocalS3 implements AutoCloseable {
  private static final String BUCKET = "bucket";

  private final BlobStoreContext context;
  private final S3Proxy server;

  private LocalS3(BlobStoreContext context, S3Proxy server) {
    this.context = context;
    this.server = server;
  }

  static LocalS3 start() throws Exception {
    BlobStoreContext context =
        ContextBuilder.newBuilder(new TransientApiMetadata()).buildView(BlobStoreContext.class);
    context.getBlobStore().createContainerInLocation(null, BUCKET);
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(context.getBlobStore())
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V4, "key", "secret")
            .ignoreUnknownHeaders(true)
            .build();
    server.start();
    return new LocalS3(context, server);
  }

  String path(String name) {
    return "s3://" + BUCKET + "/" + name;
  }

  /** What tells Beam where it is, and who we are. */
  String[] options() {
    return new String[] {
      "--awsRegion=us-east-1",
      "--endpoint=http://127.0.0.1:" + server.getPort(),
      "--awsCredentialsProvider={\"@type\":\"StaticCredentialsProvider\",\"accessKeyId\":\"key\","
          + "\"secretAccessKey\":\"secret\"}",
      "--s3UploadBufferSizeBytes=5242880"
    };
  }

  /** Paths of all objects below a directory, as the store itself tells. */
  List<String> everything(String directory) {
    BlobStore store = context.getBlobStore();
    ListContainerOptions below =
        ListContainerOptions.Builder.prefix(directory.substring(path("").length()) + "/")
            .recursive();
    List<String> found = new ArrayList<>();
    PageSet<? extends StorageMetadata> page = store.list(BUCKET, below);
    while (true) {
      page.forEach(object -> found.add(path(object.getName())));
      if (page.getNextMarker() == null) {
        return found;
      }
      page = store.list(BUCKET, below.afterMarker(page.getNextMarker()));
    }
  }

  @Override
  public void close() throws Exception {
    server.stop();
    context.close();
  }
}
