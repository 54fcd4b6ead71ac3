// SPDX-License-Identifier: Apache-2.0
/**
 * The tokenizer of a Hugging Face directory as the {@code tokenizer.*} keys of a GGUF file. {@link
 * io.github.slimbeam.transforms.vocabulary.TokenizerMetadata} is the whole of it.
 *
 * <p>llama.cpp computes two kinds of those that language models have. <em>Byte-level</em> BPE is
 * told by its merges and by the name of a rule that cuts a text into words: {@code
 * pre_tokenizers.json} says which pre-tokenizer of {@code tokenizer.json} is which of llama.cpp's
 * names. <em>SentencePiece</em>'s BPE with tokens for single bytes is told by a score of each
 * token. What would give other ids there than Hugging Face's library gives here is refused; what
 * differs all the same is written down in {@code docs/exporting.md}.
 *
 * <p>{@code tokenizer.json} alone decides, also where {@code tokenizer.model} lies beside it: it is
 * what calibration, measuring and generation used.
 *
 * <p><em>Reference</em>: llama.cpp's {@code src/llama-vocab.cpp} and {@code conversion/base.py};
 * Hugging Face's tokenizers.
 */
package io.github.slimbeam.transforms.vocabulary;
