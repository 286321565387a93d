// The address of what is shown, after the #: what is picked, and what the list is narrowed to.

/** student, run, step, task and sample of a cell, and the view, as text. */
function asHash(model, view, cell) {
  const link = new URLSearchParams();
  if (cell >= 0) {
    const arm = model.arms[model.arm[cell]];
    link.set("student", model.students[arm.place].id);
    link.set("run", arm.run);
    link.set("step", arm.step);
    link.set("task", model.tasks.id[model.task[cell]]);
    if (model.samples > 1) link.set("sample", model.sample[cell]);
  }
  const only = ["student", "arm", "suite"].filter((name) => view[name] >= 0);
  if (cell >= 0 && only.length) link.set("only", only);
  if (view.path) link.set("path", model.paths[view.path]);
  link.set("conditions", view.shown.map((condition) => model.conditions[condition]));
  if (view.flags.size) link.set("show", [...view.flags]);
  if (view.term) link.set("search", view.term);
  return `#${link}`;
}

/** The view and the cell that a hash names; what it leaves out or gets wrong stays as on a fresh page. */
function fromHash(model, hash) {
  const link = new URLSearchParams(hash.replace(/^#/, ""));
  const several = (name) => (link.get(name) ?? "").split(",").filter(Boolean);
  const cell = cellOf(model, link);
  const only = cell < 0 ? [] : several("only");
  const named = several("conditions").map((name) => model.conditions.indexOf(name));
  const usual = ["none", "curated"].map((name) => model.conditions.indexOf(name));
  const present = (places) => [...new Set(places)].filter((place) => place >= 0).sort((a, b) => a - b);
  const shown = [named, usual, [0]].map(present).find((places) => places.length);
  const known = new Set(FLAGS.map((flag) => flag.name));
  const of = (name, value) => (only.includes(name) ? value() : -1);
  const view = {
    student: of("student", () => model.arms[model.arm[cell]].place),
    arm: of("arm", () => model.arm[cell]),
    suite: of("suite", () => model.suiteOf[model.task[cell]]),
    protocol: cell < 0 ? 0 : protocolOf(model, cell),
    path: Math.max(0, model.paths.indexOf(link.get("path"))),
    shown,
    flags: new Set(several("show").filter((name) => known.has(name))),
    term: link.get("search") ?? "",
  };
  // a base is not listed beside trained runs unless it is asked for
  if (cell >= 0 && view.arm < 0 && !model.main[model.arm[cell]]) view.arm = model.arm[cell];
  return { view, cell };
}

function cellOf(model, link) {
  const task = model.tasks.id.indexOf(link.get("task"));
  const sample = Number(link.get("sample") ?? 0);
  const arms = model.arms.map(
    (arm) =>
      model.students[arm.place].id === link.get("student") &&
      arm.run === link.get("run") &&
      (!link.has("step") || String(arm.step) === link.get("step")),
  );
  for (let i = model.count - 1; i >= 0 && task >= 0; i -= 1) {
    if (model.task[i] === task && arms[model.arm[i]] && model.sample[i] === sample) return i;
  }
  return -1;
}
