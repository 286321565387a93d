"use strict";
// The data of the page: JSON, gzipped, in base64 (written by skillift/browser/data.py).

/** The value embedded in `element`, which is emptied: its text is as large as the page. */
async function readData(element) {
  const packed = element.textContent.trim();
  element.textContent = "";
  const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * The data with its columns as typed arrays, and the cell before SFT of each cell.
 *
 * A cell is one task at one checkpoint in one sample. `before[i]` is the same task and sample at the base of
 * cell i's student, `after[i]` is i itself; -1 where there is none. A cell of a base has no `after`.
 */
function asModel(data) {
  const { cells, conditions, paths, judges } = data;
  const count = cells.arm.length;
  const model = { ...data, count, arm: Int32Array.from(cells.arm), task: Int32Array.from(cells.task) };
  model.sample = Int32Array.from(cells.sample);
  model.samples = model.sample.reduce((most, sample) => Math.max(most, sample + 1), 1);
  model.answers = conditions.map((name) => ({
    response: Int32Array.from(cells[name].response),
    tokens: cells[name].tokens,
    finish: cells[name].finish,
    verdicts: paths.map((path) => Uint8Array.from(cells[name].verdict[path])),
    score: cells[name].score,
    raw: judges.map((judge) => Int32Array.from(cells[name].raw[judge])),
  }));
  delete model.cells;
  model.starts = startsOf(data.texts);
  model.suiteOf = Int32Array.from(data.tasks.suite, (suite) => data.suites.indexOf(suite));
  return pairWithBase(model);
}

/** The place of a cell's protocol in `protocols`; two are never listed together. */
function protocolOf(model, cell) {
  return model.asked ? model.asked[model.sample[cell]].protocol : 0;
}

/** Which answer of its prompt a cell is, in words. */
function sampleName(model, cell) {
  if (!model.asked) return `sample ${model.sample[cell]}`;
  const { protocol, sample } = model.asked[model.sample[cell]];
  return `${model.protocols[protocol]}, sample ${sample}`;
}

/** Where each text begins in the one that holds them all; each is ended by a null. */
function startsOf(texts) {
  const starts = [0];
  for (let end = texts.indexOf("\0"); end >= 0; end = texts.indexOf("\0", end + 1)) starts.push(end + 1);
  return Int32Array.from(starts);
}

/** The text at a place. */
function textAt(model, place) {
  return model.texts.slice(model.starts[place], model.starts[place + 1] - 1);
}

function pairWithBase(model) {
  const place = (arm, cell) => (arm * model.tasks.id.length + model.task[cell]) * model.samples + model.sample[cell];
  const baseOf = model.arms.map((arm) => model.arms.findIndex((other) => other.place === arm.place && !other.trained));
  const base = new Map();
  for (let i = 0; i < model.count; i += 1) if (!model.arms[model.arm[i]].trained) base.set(place(model.arm[i], i), i);
  model.before = new Int32Array(model.count).fill(-1);
  model.after = new Int32Array(model.count).fill(-1);
  for (let i = 0; i < model.count; i += 1) {
    const own = model.arm[i];
    model.before[i] = base.get(place(baseOf[own], i)) ?? -1;
    if (model.arms[own].trained) model.after[i] = i;
  }
  const trainedStudents = new Set(model.arms.filter((arm) => arm.trained).map((arm) => arm.place));
  // what is listed before anything is picked: trained runs, and the base of those that are never trained
  model.main = model.arms.map((arm) => arm.trained || !trainedStudents.has(arm.place));
  return model;
}
