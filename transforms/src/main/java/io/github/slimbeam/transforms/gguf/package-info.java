// SPDX-License-Identifier: Apache-2.0
/**
 * GGUF, the one-file form of llama.cpp and all that is built on it: version 3, little endian, data
 * aligned to 32 bytes. {@link io.github.slimbeam.transforms.gguf.GgufValue} are the typed values of
 * its metadata, {@link io.github.slimbeam.transforms.gguf.GgufType} the ways in which weights are
 * stored, {@link io.github.slimbeam.transforms.gguf.GgufWriter} streams a file, {@link
 * io.github.slimbeam.transforms.gguf.GgufHeader} reads one and believes nothing that the file does
 * not bear out.
 *
 * <p><em>Reference</em>: ggml's {@code docs/gguf.md} and {@code gguf.cpp}.
 */
package io.github.slimbeam.transforms.gguf;
