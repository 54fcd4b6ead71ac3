// SPDX-License-Identifier: Apache-2.0
/**
 * Calibration text: from files to the windows of tokens that a model is pruned on.
 *
 * <p>In reading order: {@link io.github.slimbeam.transforms.calibration.TextFile} takes a file
 * apart into texts, or into windows that somebody has tokenised already; {@link
 * io.github.slimbeam.transforms.calibration.TokenizerFile} turns a text into token ids with the
 * model's own {@code tokenizer.json}; {@link io.github.slimbeam.transforms.calibration.TextStream}
 * lines the texts up and cuts windows where {@link
 * io.github.slimbeam.transforms.calibration.WindowSampler} has drawn them; {@link
 * io.github.slimbeam.transforms.calibration.TokenLimits} rejects what the model cannot take; {@link
 * io.github.slimbeam.transforms.calibration.HeldOutText} does the same without chance, for
 * perplexity; {@link io.github.slimbeam.transforms.calibration.TextDigest} says which data it was.
 *
 * <p><b>The rule of SlimGPT.</b> Each text and two newlines, tokenised without special tokens, the
 * tokens of all texts one behind the other in one stream of S tokens; of the S − T + 1 places where
 * a window of T tokens can begin, N different ones, each set of N as likely as any other.
 *
 * <p><b>What the sample depends on</b> is the set of texts, the tokenizer, N, T and the seed;
 * nothing else. A distributed collection has no order, so the stream's order is that of SHA-256 of
 * seed and text: a random shuffle that everybody computes alike. Equal texts have equal digests,
 * equal tokens and therefore exchangeable places; each of them counts.
 *
 * <p><b>Far more text than needed.</b> A sample of a few hundred thousand tokens does not change
 * for the better if a corpus of many GB is tokenised for it. Where the texts have more characters
 * than 64 a token of the sample, and more than 64 Mi, only those at the stream's beginning are
 * tokenised, up to so many characters: a random choice of texts, the same on every runner ({@link
 * io.github.slimbeam.transforms.calibration.StreamPrefix}). The stream is then these texts' tokens.
 * A text of more than a million characters is several texts, cut at newlines or white space ({@link
 * io.github.slimbeam.transforms.calibration.LongText}). Large files that are not compressed are
 * read in parts, which gives the same texts.
 *
 * <p><b>How it scales.</b> The digests are cut into ranges, the buckets. The tokens of each bucket
 * are counted; the counts, a few thousand numbers, say where each bucket begins in the stream, and
 * so which buckets a window touches. Only texts of these travel further, are sorted within their
 * bucket, and give up the pieces that belong to windows. Nobody ever holds the stream.
 *
 * <p>Windows of token ids are not drawn from: they are taken as they are, in the order of their
 * sources.
 *
 * <p>Invariants: texts are valid Unicode; token ids are at least 0 and, where the model's
 * vocabulary size is given, below it; no window is longer than asked. Reference: Ling et al.,
 * NeurIPS 2024 (SlimGPT), 5.1, and the authors' code.
 */
package io.github.slimbeam.transforms.calibration;
