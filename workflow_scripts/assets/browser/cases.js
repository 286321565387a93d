// Which tasks are listed: flags of each cell, counted and filtered. A flag is one bit.

const FLAGS = [
  { name: "disagree", bit: 1, group: 0, label: "paths disagree", title: "Scored on two paths, and the verdicts differ" },
  { name: "gained", bit: 2, group: 1, label: "fail → pass", title: "A fail before SFT, a pass after, in one condition" },
  { name: "lost", bit: 4, group: 1, label: "pass → fail", title: "A pass before SFT, a fail after, in one condition" },
  { name: "helped", bit: 8, group: 2, label: "procedure helps", title: "A fail without, a pass with what the condition adds" },
  { name: "harmed", bit: 16, group: 2, label: "procedure harms", title: "A pass without, a fail with what the condition adds" },
  { name: "unscored", bit: 32, group: 3, label: "unscored", title: "No verdict on one of the paths" },
];
const PASS = 1;
const FAIL = 2;

/** The flags of all cells, by the verdicts of `path` in the shown conditions (places in the model). */
function flagsOf(model, path, shown) {
  const flags = new Uint8Array(model.count);
  const none = model.conditions.indexOf("none");
  const others = shown.filter((condition) => condition !== none);
  const withNone = shown.includes(none);
  for (let i = 0; i < model.count; i += 1) {
    const before = model.before[i];
    const after = model.after[i];
    let found = 0;
    for (const condition of shown) {
      const { verdicts } = model.answers[condition];
      if (before >= 0) found |= pathFlags(model, verdicts, before);
      if (after >= 0) found |= pathFlags(model, verdicts, after);
      if (before >= 0 && after >= 0) found |= turn(verdicts[path][before], verdicts[path][after], 2, 4);
    }
    for (const condition of withNone ? others : []) {
      const without = model.answers[none].verdicts[path];
      const given = model.answers[condition].verdicts[path];
      if (before >= 0) found |= turn(without[before], given[before], 8, 16);
      if (after >= 0) found |= turn(without[after], given[after], 8, 16);
    }
    flags[i] = found;
  }
  return flags;
}

function turn(first, second, gained, lost) {
  if (first === FAIL && second === PASS) return gained;
  return first === PASS && second === FAIL ? lost : 0;
}

function pathFlags(model, verdicts, cell) {
  let passes = 0;
  let fails = 0;
  let unscored = 0;
  for (const column of verdicts) {
    const verdict = column[cell];
    if (verdict === PASS) passes = 1;
    else if (verdict === FAIL) fails = 1;
    else if (verdict && model.verdicts[verdict] !== "scored") unscored = 1;
  }
  return (passes & fails) | (unscored << 5);
}

/**
 * The listed cells and, for each flag, how many cells have it before flags are asked for.
 *
 * `view`: student, arm and suite (-1 for all), protocol (one), flags (their names; of one group any, of several all),
 * shown conditions. `found`: what the search found (see searchIn), or null.
 */
function select(model, view, flags, found) {
  const asked = [0, 0, 0, 0];
  for (const flag of FLAGS) if (view.flags.has(flag.name)) asked[flag.group] |= flag.bit;
  const masks = asked.filter(Boolean);
  const counts = FLAGS.map(() => 0);
  const cells = new Int32Array(model.count);
  let kept = 0;
  for (let i = 0; i < model.count; i += 1) {
    const arm = model.arm[i];
    if (view.arm >= 0 ? arm !== view.arm : !model.main[arm]) continue;
    if (view.student >= 0 && model.arms[arm].place !== view.student) continue;
    if (protocolOf(model, i) !== view.protocol) continue;
    if (view.suite >= 0 && model.suiteOf[model.task[i]] !== view.suite) continue;
    if (found && !isFound(model, view.shown, found, i)) continue;
    const own = flags[i];
    for (let k = 0; own >> k; k += 1) counts[k] += (own >> k) & 1;
    if (masks.every((mask) => own & mask)) cells[kept++] = i;
  }
  return { cells: cells.subarray(0, kept), counts };
}

/** The answers of a cell before and after SFT: phase and cell; base models have the first alone. */
function phasesOf(model, cell) {
  const phases = [];
  const trained = model.arms[model.arm[cell]].trained;
  if (model.before[cell] >= 0 || trained) phases.push({ name: "before SFT", cell: model.before[cell] });
  if (trained) phases.push({ name: "after SFT", cell: model.after[cell] });
  return phases;
}
