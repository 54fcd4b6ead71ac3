// SPDX-License-Identifier: Apache-2.0
// llama.cpp, as it is: what it computes of a GGUF file, and how fast. One file a process, as an assertion that fails in
// llama.cpp ends the process; the answer is on the standard output, one JSON if not said otherwise.
//
//   node llama.mjs compute FILE REQUEST.json
//     request  {"texts": [text…], "ids": [[token…]…], "prompt": [token…], "tokens": n}, each part if wanted
//     answer   {"texts": [{"plain": [token…], "parsed": [token…], "begins": bool}…],   special tokens as text, as tokens
//               "probabilities": [[[p of every token]…]…],                             after each token of each of ids
//               "greedy": [token…]}                                                    n tokens after the prompt
//
//   node llama.mjs speed THREADS ROUNDS PROMPT TOKENS FILE…
//     prints a Markdown table: sizes, and tokens per second of reading a prompt and of writing on, the median of the
//     rounds, in each of which the files take turns; and how much of what the first file's size over a file's promises
//     arrives as speed over the first's, the median of the rounds' own ratios
import fs from "node:fs";
import path from "node:path";
import {getLlama} from "node-llama-cpp";

const [command, ...rest] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", logLevel: "error"});

// The cache in F32: with F16, the default, probabilities differ in the third digit.
async function sequence(model, contextSize, threads) {
  const context = await model.createContext({
    contextSize,
    threads,
    batchSize: contextSize,
    flashAttention: false,
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
  });
  return context.getSequence();
}

function mostProbable(probabilities) {
  let best = -1;
  let highest = -1;
  for (const [token, p] of probabilities) {
    if (p > highest || (p === highest && token < best)) {
      [best, highest] = [token, p];
    }
  }
  return best;
}

async function compute(file, requestFile) {
  const request = JSON.parse(fs.readFileSync(requestFile, "utf8"));
  const wantsWeights = request.ids !== undefined || request.prompt !== undefined;
  const model = await llama.loadModel({modelPath: file, vocabOnly: !wantsWeights, useMmap: true});
  const answer = {};
  if (request.texts) {
    answer.texts = request.texts.map((text) => ({
      plain: model.tokenize(text),
      parsed: model.tokenize(text, true),
      begins: model.tokens.shouldPrependBosToken,
    }));
  }
  if (wantsWeights) {
    const longest = Math.max(
      ...(request.ids ?? []).map((ids) => ids.length),
      (request.prompt ?? []).length + (request.tokens ?? 0),
    );
    const state = await sequence(model, Math.max(longest + 1, 64), 1);
    if (request.ids) {
      answer.probabilities = [];
      for (const ids of request.ids) {
        await state.clearHistory();
        const out = await state.controlledEvaluate(
          ids.map((id) => [id, {generateNext: {probabilities: true}}]),
        );
        answer.probabilities.push(
          out.map(({next}) => {
            const row = new Array(next.probabilities.size).fill(0);
            next.probabilities.forEach((p, token) => (row[token] = p));
            return row;
          }),
        );
      }
    }
    if (request.prompt) {
      await state.clearHistory();
      answer.greedy = [];
      let next = request.prompt;
      for (let i = 0; i < request.tokens; i++) {
        const last = next.length - 1;
        const out = await state.controlledEvaluate(
          next.map((id, at) => (at < last ? id : [id, {generateNext: {probabilities: true}}])),
        );
        next = [mostProbable(out[last].next.probabilities)];
        answer.greedy.push(next[0]);
      }
    }
  }
  return answer;
}

async function speed(threads, rounds, promptLength, tokens, files) {
  const measured = [];
  for (const file of files) {
    const model = await llama.loadModel({modelPath: file, useMmap: true});
    const state = await sequence(model, promptLength + tokens + 1, threads);
    measured.push({file, bytes: fs.statSync(file).size, prompt: [], generation: [], state});
  }
  const prompt = Array.from({length: promptLength}, (_, i) => 3 + (i * 7919) % 251);
  for (let round = -1; round < rounds; round++) {
    for (const one of measured) {
      await one.state.clearHistory();
      const begin = performance.now();
      await one.state.evaluateWithoutGeneratingNewTokens(prompt);
      const read = performance.now();
      for (let i = 0; i < tokens; i++) {
        await one.state.evaluateWithoutGeneratingNewTokens([3 + (i * 31) % 251]);
      }
      const end = performance.now();
      // The first round warms up.
      if (round >= 0) {
        one.prompt.push((1000 * promptLength) / (read - begin));
        one.generation.push((1000 * tokens) / (end - read));
      }
    }
  }
  const first = measured[0];
  const lines = measured.map((one) => {
    const promised = first.bytes / one.bytes;
    const cells = ["prompt", "generation"].flatMap((what) => {
      const gained = median(one[what].map((rate, round) => rate / first[what][round]));
      return [median(one[what]).toFixed(1), `${gained.toFixed(2)}×`, `${Math.round((100 * gained) / promised)} %`];
    });
    return [path.basename(one.file), (one.bytes / 1e6).toFixed(1), `${promised.toFixed(2)}×`, ...cells];
  });
  return [
    ["file", "MB", "promised", "prompt tokens/s", "gained", "arrives", "generated tokens/s", "gained", "arrives"],
    ["---", ...new Array(8).fill("---:")],
    ...lines,
  ]
    .map((line) => `| ${line.join(" | ")} |\n`)
    .join("");
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

const answer =
  command === "compute"
    ? JSON.stringify(await compute(...rest))
    : await speed(...rest.slice(0, 4).map(Number), rest.slice(4));
// Whole before the process ends: a pipe takes only so much at once.
process.stdout.write(answer, () => process.exit(0));
