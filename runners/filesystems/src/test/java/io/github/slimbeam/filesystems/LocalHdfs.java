// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.filesystems;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** A name node and a data node in this JVM. */
final class LocalHdfs implements AutoCloseable {
  private final MiniDFSCluster cluster;

  private LocalHdfs(MiniDFSCluster cluster) {
    this.cluster = cluster;
  }

  static LocalHdfs start(Path directory) throws IOException {
    MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(new Configuration(), directory.toFile()).numDataNodes(1).build();
    cluster.waitActive();
    return new LocalHdfs(cluster);
  }

  /** A path as users write it, the name node's port included. */
  String path(String name) {
    return cluster.getURI() + "/" + name;
  }

  /** What tells Beam where it is. */
  String[] options() {
    return new String[] {"--hdfsConfiguration=[{\"fs.defaultFS\":\"" + cluster.getURI() + "\"}]"};
  }

  DistributedFileSystem fileSystem() throws IOException {
    return cluster.getFileSystem();
  }

  /** Files and directories below a directory, as HDFS itself tells. */
  List<String> everything(String directory) throws IOException {
    List<String> found = new ArrayList<>();
    if (!fileSystem().exists(new org.apache.hadoop.fs.Path(directory))) {
      return found;
    }
    for (FileStatus entry : fileSystem().listStatus(new org.apache.hadoop.fs.Path(directory))) {
      found.add(entry.getPath().toString());
      if (entry.isDirectory()) {
        found.addAll(everything(entry.getPath().toString()));
      }
    }
    return found;
  }

  @Override
  public void close() {
    cluster.shutdown();
  }
}
