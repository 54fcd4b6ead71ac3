// SPDX-License-Identifier: Apache-2.0
/**
 * Multiple-choice tasks: from a line of a published set to whether a model has answered it.
 *
 * <p>In reading order: {@link io.github.slimbeam.transforms.evaluation.ChoiceTask} is data, a JSON
 * file per task, bundled or the user's own, that says by {@code Template}s which fields of a line
 * make context, choices and right answer; {@link
 * io.github.slimbeam.transforms.evaluation.QuestionReader} reads a set's files; {@link
 * io.github.slimbeam.transforms.evaluation.ContinuationTokens} turns a choice into tokens; {@link
 * io.github.slimbeam.transforms.evaluation.ChoiceDecision} takes the model's likelihoods to an
 * answer; {@link io.github.slimbeam.transforms.evaluation.Accuracy} counts answers.
 *
 * <p>Everything is as lm-evaluation-harness from 0.4 on defines it, zero-shot, its metrics {@code
 * acc} and {@code acc_norm}; special tokens are the tokenizer's own, as there from 0.4.9.2 on, or
 * none, as before and in the papers on SlimGPT and SlimLLM. Reference: Gao et al., A framework for
 * few-shot language model evaluation; Ling et al., NeurIPS 2024; Guo et al., ICML 2025.
 *
 * <p>Invariants: nothing here knows a model; counts are whole numbers, so that their sums do not
 * depend on any order.
 */
package io.github.slimbeam.transforms.evaluation;
