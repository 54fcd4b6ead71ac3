// SPDX-License-Identifier: Apache-2.0

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.CacheType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An older llama.cpp in a JVM, by de.kherud:llama: the token ids of a prompt in one line, then the
 * most probable text after it. An assertion that fails in llama.cpp ends the JVM.
 *
 * <p>{@code java -cp llama.jar LlamaInJvm.java FILE TOKENS PROMPT}
 */
final class LlamaInJvm {
  private LlamaInJvm() {}

  /** Prints as said. */
  public static void main(String[] arguments) {
    ModelParameters parameters =
        new ModelParameters()
            .setModel(arguments[0])
            .setGpuLayers(0)
            .setThreads(1)
            .setCtxSize(256)
            .setCacheTypeK(CacheType.F32)
            .setCacheTypeV(CacheType.F32)
            .disableLog();
    try (LlamaModel model = new LlamaModel(parameters)) {
      String text =
          model.complete(
              new InferenceParameters(arguments[2])
                  .setTemperature(0)
                  .setRepeatPenalty(1)
                  .setIgnoreEos(true)
                  .setNPredict(Integer.parseInt(arguments[1])));
      System.out.writeBytes(
          (Arrays.toString(model.encode(arguments[2])) + "\n" + text)
              .getBytes(StandardCharsets.UTF_8));
    }
    System.out.flush();
    // A thread of llama.cpp's keeps the JVM from ending by itself.
    Runtime.getRuntime().halt(0);
  }
}
