// The picked task: its prompt and reference, and its answers before and after SFT beside each other.

const SIGNS = { pass: "✓", fail: "✗", scored: "#", "": "–" };
const SCORERS = {
  answer_line: "has an ANSWER-line extractor",
  judge: "scored by a judge on every path",
  harness: "scored by the harness",
};
const ANSWER = /^[ \t>*_#`]*ANSWER[*_`]*[ \t]*:.*$/m;

function kindOf(word) {
  return word === "pass" || word === "fail" || word === "scored" ? word : word ? "unscored" : "missing";
}

function signOf(word) {
  return SIGNS[word] ?? "?";
}

/** Fill a row of the list: the verdicts as a small table of signs, the task, whose it is. */
function drawRow(model, view, row, cell) {
  const task = model.task[cell];
  const arm = model.arms[model.arm[cell]];
  const phases = phasesOf(model, cell);
  const words = phases.map((phase) => view.shown.map((condition) => wordOf(model, condition, view.path, phase.cell)));
  const grid = h("span", { class: "signs", "aria-hidden": "true" });
  grid.style.gridTemplateColumns = `repeat(${view.shown.length}, 1.15em)`;
  for (const line of words) for (const word of line) grid.append(h("i", { class: kindOf(word) }, signOf(word)));
  const whose = view.student >= 0 || model.students.length < 2 ? [] : [model.students[arm.place].label];
  if (view.arm < 0) whose.push(arm.trained ? runName(model, arm) : "before SFT");
  if (model.samples > 1) whose.push(sampleName(model, cell));
  if (!whose.length) whose.push(model.skills[model.tasks.skill[task]].name);
  row.setAttribute("aria-label", rowLabel(model, view, cell, phases, words));
  row.replaceChildren(
    grid,
    h("span", { class: "what" }, h("b", {}, model.tasks.id[task]), h("small", {}, whose.join(" · "))),
  );
}

function rowLabel(model, view, cell, phases, words) {
  const told = phases.map((phase, i) =>
    view.shown.map((condition, k) => `${phase.name}, ${model.conditions[condition]}: ${words[i][k] || "not run"}`),
  );
  return `${model.tasks.id[model.task[cell]]}. ${told.flat().join("; ")}`;
}

function wordOf(model, condition, path, cell) {
  return cell < 0 ? "" : model.verdicts[model.answers[condition].verdicts[path][cell]];
}

/** A run with its checkpoint, where the run has several. */
function runName(model, arm) {
  const steps = model.arms.filter((other) => other.place === arm.place && other.run === arm.run).length;
  return steps > 1 ? `${arm.name}, step ${arm.step}` : arm.name;
}

/** The whole of the right side for one cell. */
function detailOf(model, view, cell) {
  const task = model.task[cell];
  const skill = model.skills[model.tasks.skill[task]];
  const arm = model.arms[model.arm[cell]];
  const student = model.students[arm.place];
  const scorer = SCORERS[model.tasks.scorer[task]];
  const facts = [`skill ${skill.name}`, `${model.tasks.suite[task]} suite`, scorer];
  if (model.samples > 1) facts.push(sampleName(model, cell));
  const text = (place) => marked(textAt(model, place), view.term);
  return [
    h("p", { class: "whose" }, `${student.reference ? "reference model " : ""}${student.label}`, " · ", arm.trained ? runName(model, arm) : "before SFT"),
    h("h2", {}, model.tasks.id[task]),
    h("p", { class: "facts" }, facts.join(" · ")),
    h(
      "div",
      { class: "given" },
      h("section", {}, h("h3", {}, "Task"), h("pre", { class: "prompt" }, text(model.tasks.prompt[task]))),
      h("section", {}, h("h3", {}, "Reference"), h("pre", { class: "reference" }, text(model.tasks.reference[task]))),
    ),
    answersOf(model, view, cell),
  ];
}

function answersOf(model, view, cell) {
  const grid = h("div", { class: "answers" });
  grid.style.setProperty("--columns", view.shown.length);
  for (const condition of view.shown) grid.append(columnHead(model, model.task[cell], condition));
  for (const phase of phasesOf(model, cell)) {
    for (const condition of view.shown) grid.append(answerOf(model, view, phase, condition));
  }
  return grid;
}

/** The condition's name, and the message that the student got under it. */
function columnHead(model, task, condition) {
  const name = model.conditions[condition];
  const { before, after } = model.tasks.around[name];
  const open = after[task] < 0;
  const message = [
    h("span", { class: "added" }, textAt(model, before[task])),
    ...(open ? [] : [textAt(model, model.tasks.prompt[task]), h("span", { class: "added" }, textAt(model, after[task]))]),
  ];
  return h(
    "div",
    { class: "head" },
    h("h3", {}, name),
    h("details", {}, h("summary", {}, "what the student was shown"), h("pre", {}, message)),
  );
}

function answerOf(model, view, phase, condition) {
  const { cell } = phase;
  const answer = model.answers[condition];
  const title = h("h4", {}, phase.name, h("span", { class: "of" }, model.conditions[condition]));
  if (cell < 0 || answer.response[cell] < 0) {
    return h("section", { class: "answer" }, h("header", {}, title), h("p", { class: "missing" }, "not run"));
  }
  const { path } = view;
  const word = wordOf(model, condition, path, cell);
  return h(
    "section",
    { class: `answer ${kindOf(word)}`, "aria-label": `${phase.name}, ${model.conditions[condition]}` },
    h("header", {}, title, h("span", { class: "tokens" }, told(answer.tokens[cell], answer.finish[cell]))),
    h("pre", { class: "response" }, responseOf(textAt(model, answer.response[cell]), view.term)),
    h("ul", { class: "verdicts" }, model.paths.map((name, i) => verdictOf(model, condition, i, cell, i === path))),
    ...model.judges.map((judge, i) => replyOf(model, judge, answer.raw[i][cell], view.term)),
  );
}

function told(tokens, finish) {
  const cut = { length: ", cut off", error: ", engine failed" }[finish] ?? "";
  return `${tokens < 0 ? "" : `${tokens} tokens`}${cut}`;
}

/** A response with its ANSWER line set off, or the word for an empty one. */
function responseOf(text, term) {
  if (!text) return [h("span", { class: "missing" }, "(empty)")];
  const line = text.match(ANSWER);
  if (!line) return marked(text, term);
  const end = line.index + line[0].length;
  return [
    ...marked(text.slice(0, line.index), term),
    h("span", { class: "line" }, marked(line[0], term)),
    ...marked(text.slice(end), term),
  ];
}

function verdictOf(model, condition, path, cell, chosen) {
  const word = wordOf(model, condition, path, cell);
  const kind = kindOf(word);
  const said = kind === "unscored" ? `unscored: ${word}` : (model.answers[condition].score?.[cell] ?? word);
  const sign = h("i", { class: kind, "aria-hidden": "true" }, signOf(word));
  return h("li", { class: `${kind}${chosen ? " chosen" : ""}` }, sign, h("span", {}, model.paths[path]), h("b", {}, said));
}

function replyOf(model, judge, place, term) {
  if (place < 0) return "";
  const reply = textAt(model, place);
  const found = term && reply.toLowerCase().includes(term.toLowerCase());
  const shown = reply ? marked(reply, term) : [h("span", { class: "missing" }, "(empty)")];
  return h("details", { open: found ? "" : null }, h("summary", {}, `${judge}'s raw reply`), h("pre", {}, shown));
}
