// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * MKL, of which libtorch has its float64 algebra, asks a function {@code mkl_serv_intel_cpu_true}
 * whether the processor is Intel's, and takes its widest kernels only there; elsewhere a third to a
 * half of their speed is what it gives. A library that is loaded before libtorch and whose function
 * of that name says yes has it choose by what the processor can do, as on Intel's: by CPUID's
 * flags, so that no kernel runs that the processor does not have.
 *
 * <p>This is that library, for Linux on x86-64, 496 bytes: a function of two instructions and what
 * the dynamic linker needs to find it. {@code LD_PRELOAD} names its file before a JVM starts; the
 * launcher does so on AMD's processors unless {@code SLIM_MKL=off}, and a cluster's operator may.
 * The kernels round otherwise, so a run is not gone on with under other ones.
 */
public final class MklKernels {
  /** The file's name, by which a process knows that it was started with it. */
  public static final String FILE = "mkl-on-amd.so";

  private static final String FUNCTION = "mkl_serv_intel_cpu_true";

  /** mov eax, 1; ret */
  private static final byte[] CODE = {(byte) 0xb8, 1, 0, 0, 0, (byte) 0xc3};

  private static final int PROGRAM_HEADERS = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int HASH = PROGRAM_HEADERS + 4 * PROGRAM_HEADER;
  private static final int SYMBOLS = HASH + 24;
  private static final int SYMBOL = 24;
  private static final int STRINGS = SYMBOLS + 2 * SYMBOL;
  private static final int STRINGS_SIZE = FUNCTION.length() + 2;
  private static final int TEXT = (STRINGS + STRINGS_SIZE + 7) / 8 * 8;
  private static final int DYNAMIC = (TEXT + CODE.length + 7) / 8 * 8;
  private static final int DYNAMIC_SIZE = 6 * 16;
  private static final int SIZE = DYNAMIC + DYNAMIC_SIZE;

  /** The linker writes into the dynamic section, which therefore is in a page of its own. */
  private static final int PAGE = 4096;

  private static final int READ = 4;
  private static final int WRITE = 2;
  private static final int EXECUTE = 1;

  private MklKernels() {}

  /** Writes the library to the file that is named. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      throw new IllegalArgumentException("expected the path of the file to be written");
    }
    Files.write(Path.of(arguments[0]), library());
  }

  /** Whether a process with this {@code LD_PRELOAD} has the library. */
  static boolean arePreloaded(@Nullable String preload) {
    return preload != null && preload.contains(FILE);
  }

  /** The library: an ELF shared object without sections, which linkers of programs need. */
  static byte[] library() {
    ByteBuffer elf = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    // Class 64, little-endian, version 1; shared object for x86-64.
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    elf.putShort((short) 3).putShort((short) 62).putInt(1);
    elf.putLong(0).putLong(PROGRAM_HEADERS).putLong(0).putInt(0);
    elf.putShort((short) PROGRAM_HEADERS).putShort((short) PROGRAM_HEADER).putShort((short) 4);
    elf.position(PROGRAM_HEADERS);
    segment(elf, 1, READ | EXECUTE, 0, 0, DYNAMIC, PAGE);
    segment(elf, 1, READ | WRITE, DYNAMIC, PAGE + DYNAMIC, DYNAMIC_SIZE, PAGE);
    segment(elf, 2, READ | WRITE, DYNAMIC, PAGE + DYNAMIC, DYNAMIC_SIZE, 8);
    // PT_GNU_STACK: the stack need not be executable.
    segment(elf, 0x6474e551, READ | WRITE, 0, 0, 0, 16);
    // One bucket, in which is symbol 1, the last of its chain.
    elf.putInt(1).putInt(2).putInt(1).putInt(0).putInt(0);
    // Symbol 0 is none; symbol 1 is a global function.
    elf.position(SYMBOLS + SYMBOL);
    elf.putInt(1).put((byte) 0x12).put((byte) 0).putShort((short) 1);
    elf.putLong(TEXT).putLong(CODE.length);
    elf.put((byte) 0).put(FUNCTION.getBytes(StandardCharsets.US_ASCII)).position(TEXT);
    elf.put(CODE).position(DYNAMIC);
    // DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_NULL
    elf.putLong(4).putLong(HASH).putLong(5).putLong(STRINGS).putLong(6).putLong(SYMBOLS);
    elf.putLong(10).putLong(STRINGS_SIZE).putLong(11).putLong(SYMBOL).putLong(0).putLong(0);
    return elf.array();
  }

  private static void segment(
      ByteBuffer elf, int type, int flags, long offset, long address, long size, long alignment) {
    elf.putInt(type).putInt(flags).putLong(offset).putLong(address).putLong(address);
    elf.putLong(size).putLong(size).putLong(alignment);
  }
}
