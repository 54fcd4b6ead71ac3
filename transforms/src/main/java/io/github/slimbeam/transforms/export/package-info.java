// SPDX-License-Identifier: Apache-2.0
/**
 * Models as other programs' files. A GGUF file names an architecture of llama.cpp, and llama.cpp
 * computes that, whatever the weights were trained for: {@link
 * io.github.slimbeam.transforms.export.Architecture} tells from {@code architectures/*.json} what
 * each of them computes, {@link io.github.slimbeam.transforms.export.GgufForm} finds the one that
 * computes a model's function, or says why none does, and {@link
 * io.github.slimbeam.transforms.export.GgufExport} writes the file.
 *
 * <p><em>Reference</em>: llama.cpp's {@code src/models/*.cpp} and {@code conversion/*.py}; what
 * they do with a file was tried with llama.cpp v0.5.0.
 */
package io.github.slimbeam.transforms.export;
