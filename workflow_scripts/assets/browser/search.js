// Search: all texts are one long string, in lower case, that the engine scans at the speed of memory.

/** An index over the model's texts: `whole` in lower case, `starts` of its texts, names of the tasks. */
function indexTexts(model) {
  let whole = model.texts.toLowerCase();
  let starts = model.starts;
  if (whole.length !== model.texts.length) { // a few letters become two
    const texts = Array.from({ length: starts.length - 1 }, (_, place) => textAt(model, place).toLowerCase());
    whole = texts.map((text) => `${text}\0`).join("");
    starts = startsOf(whole);
  }
  const names = model.tasks.id.map((id, i) => `${id}\0${model.skills[model.tasks.skill[i]].name}`.toLowerCase());
  return { whole, starts, names };
}

/** Which texts and which tasks (by id, skill, prompt or reference) hold `term`; null for an empty term. */
function searchIn(model, index, term) {
  const sought = term.trim().toLowerCase();
  if (!sought) return null;
  const texts = new Uint8Array(index.starts.length - 1);
  let place = 0;
  for (let at = index.whole.indexOf(sought); at >= 0; ) {
    place = lastStart(index.starts, at, place);
    texts[place] = 1;
    at = index.whole.indexOf(sought, index.starts[place + 1]);
  }
  const { prompt, reference } = model.tasks;
  const tasks = index.names.map((name, i) => name.includes(sought) || texts[prompt[i]] || texts[reference[i]]);
  return { texts, tasks: Uint8Array.from(tasks) };
}

/** The last text that starts at or before `at`, from `low` on. */
function lastStart(starts, at, low) {
  let high = starts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether a cell's task, or one of its answers in the shown conditions, was found. */
function isFound(model, shown, found, cell) {
  if (found.tasks[model.task[cell]]) return true;
  for (const at of [model.before[cell], model.after[cell]]) {
    if (at < 0) continue;
    for (const condition of shown) {
      const { response, raw } = model.answers[condition];
      if (response[at] >= 0 && found.texts[response[at]]) return true;
      for (const column of raw) if (column[at] >= 0 && found.texts[column[at]]) return true;
    }
  }
  return false;
}

/** `text` as nodes, with each occurrence of `term` in a <mark>. */
function marked(text, term) {
  if (!term) return [text];
  const pattern = new RegExp(term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    nodes.push(text.slice(end, found.index), h("mark", {}, found[0]));
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)];
}
