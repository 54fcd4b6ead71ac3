// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.Device;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The device on which this JVM computes, one at a time: {@code cpu}, {@code cuda:N}, or {@code
 * auto}, the first CUDA device that the engine sees and else the CPU. Whoever asks for nothing gets
 * {@code auto}.
 *
 * <p>Workers of a long-lived cluster serve one job after another, or several at once, and keep this
 * class loaded. A job may ask for another device than the one before it: it gets it as soon as no
 * {@link TorchScope} is open, and so neither a computation nor leased weights are left behind on
 * the other device. While one is open, asking for another device is an error, and asking for the
 * same one is not: jobs that run at the same time in the same JVM must agree. {@link #use} states
 * what is wanted; a {@link TorchScope#open(String)} states it and keeps it until that scope closes,
 * so that nobody can come in between.
 */
public final class TorchDevice {
  /** What may be asked for. */
  public static final String EXPECTED = "auto, cpu or cuda:N (cuda:0 is the first CUDA device)";

  static final String AUTO = "auto";
  static final TorchDevice JVM = new TorchDevice(JvmEngine::cudaDevices);
  private static final Pattern CUDA = Pattern.compile("cuda:(0|[1-9][0-9]{0,3})");

  private final IntSupplier cudaDevices;
  private @Nullable String wanted;
  private @Nullable Device device;
  private int scopes;

  TorchDevice(IntSupplier cudaDevices) {
    this.cudaDevices = cudaDevices;
  }

  /**
   * Makes this JVM compute on a device; asking again for the same one costs a comparison.
   *
   * @throws BadInputException if there is no such device here, or if scopes are open on another
   */
  public static void use(String name) {
    JVM.select(name);
  }

  /**
   * Checks a name without looking for the device, which need not be where the command runs.
   *
   * @throws BadInputException if it names no device
   */
  public static void check(String name) {
    BadInputException.check(
        name.equals(AUTO) || name.equals("cpu") || CUDA.matcher(name).matches(),
        "⟨device⟩=%s: expected %s",
        name,
        EXPECTED);
  }

  /** The device that scopes are opened on now, as it would be asked for. */
  public static String current() {
    return name(JVM.device());
  }

  /** Version of the engine's libtorch. */
  public static String engineVersion() {
    return JvmEngine.version();
  }

  /**
   * What this machine's processor computes with, as libtorch chooses: results are the same byte for
   * byte only where it is the same.
   */
  public static String instructionSet() {
    return InstructionSet.here();
  }

  /** States what is wanted, and says which device that is. */
  synchronized Device select(String name) {
    Device before = device;
    if (before != null && name.equals(wanted)) {
      return before;
    }
    Device found = find(name);
    if (before != null && !found.equals(before)) {
      leave(before, name);
    }
    wanted = name;
    device = found;
    return found;
  }

  /** The device, chosen now if nobody has yet. */
  synchronized Device device() {
    return device == null ? select(AUTO) : device;
  }

  /** Counts a scope that opens on the device. */
  synchronized Device enter() {
    Device entered = device();
    scopes++;
    return entered;
  }

  /** States what is wanted, and counts a scope that opens on it. */
  synchronized Device enter(String name) {
    select(name);
    return enter();
  }

  /** Counts a scope that has closed. */
  synchronized void leave() {
    scopes--;
  }

  /** Its name as it is asked for. */
  static String name(Device device) {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
  }

  private void leave(Device left, String other) {
    BadInputException.check(
        scopes == 0,
        "⟨device⟩=%s: this worker's JVM computes on %s now, in %d scopes of another job: wait until that"
            + " job has ended, give both the same ⟨device⟩, or give each its own workers",
        other,
        name(left),
        scopes);
    JvmEngine.giveBack(left);
  }

  private Device find(String name) {
    check(name);
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    int count = cudaDevices.getAsInt();
    if (name.equals(AUTO)) {
      return count > 0 ? Device.gpu(0) : Device.cpu();
    }
    Matcher number = CUDA.matcher(name);
    int wantedNumber = number.matches() ? Integer.parseInt(number.group(1)) : -1;
    BadInputException.check(
        count > 0,
        "%s",
        "⟨device⟩="
            + name
            + ": the engine sees no CUDA device on this worker: expected a driver, a GPU that the process"
            + " may use, and libtorch for CUDA in place of the one for the CPU; or choose ⟨device⟩=cpu");
    BadInputException.check(
        wantedNumber < count,
        "⟨device⟩=%s: the engine sees %d CUDA %s on this worker: expected cuda:0%s",
        name,
        count,
        count == 1 ? "device" : "devices",
        count == 1 ? ", or ⟨device⟩=auto" : " to cuda:" + (count - 1));
    return Device.gpu(wantedNumber);
  }
}
