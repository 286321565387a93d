// Ties the parts together: what is picked, searched or filtered is drawn again.

const $ = (id) => document.getElementById(id);

async function start() {
  if (!("DecompressionStream" in window)) {
    throw new Error("this browser is too old; Chrome or Edge 80, Firefox 113 and Safari 16.4 can open this page");
  }
  const model = asModel(await readData($("data")));
  const state = { model, listed: new Int32Array(0), at: -1, index: null, flags: null, ...fromHash(model, location.hash) };
  state.list = new List($("list"), (row, at) => drawRow(model, state.view, row, state.listed[at]), (at, open) => go(state, at, open));
  fillPicks(state);
  listen(state);
  refresh(state, true);
  document.documentElement.dataset.ready = "";
  setTimeout(() => (state.index ??= indexTexts(model))); // so that the first search need not wait for it
}

/** Recompute what is listed; `marks` says that path or conditions changed, and the flags with them. */
function refresh(state, marks = false) {
  const { model, view } = state;
  if (marks) state.flags = flagsOf(model, view.path, view.shown);
  if (view.term) state.index ??= indexTexts(model);
  const found = view.term ? searchIn(model, state.index, view.term) : null;
  const { cells, counts } = select(model, view, state.flags, found);
  state.listed = cells;
  state.at = Math.max(cells.indexOf(state.cell), cells.length ? 0 : -1);
  state.list.show(cells.length, state.at);
  showCounts(state, counts);
  show(state);
}

function showCounts({ model, view, listed }, counts) {
  const total = model.arm.reduce((sum, arm, cell) => sum + (model.main[arm] && protocolOf(model, cell) === view.protocol), 0);
  FLAGS.forEach((flag, i) => {
    $(`flag-${flag.name}`).checked = view.flags.has(flag.name);
    $(`flag-${flag.name}-count`).textContent = counts[i].toLocaleString("en");
  });
  $("count").textContent = `${listed.length.toLocaleString("en")} of ${total.toLocaleString("en")} tasks by run`;
  $("clear").hidden = !view.flags.size && !view.term && [view.student, view.arm, view.suite].every((pick) => pick < 0);
  $("arm").replaceChildren(...armOptions(model, view));
  $("student").value = view.student;
  $("suite").value = view.suite;
  $("protocol").value = view.protocol;
  $("path").value = view.path;
}

/** Draw the picked task and put it into the address. */
function show(state) {
  const { model, view, listed, at } = state;
  const picked = at >= 0 ? listed[at] : -1;
  if (picked >= 0) state.cell = picked;
  const none = [h("p", { class: "empty" }, "No task fits. Clear a filter or the search.")];
  $("detail").replaceChildren(steps(state), ...(picked >= 0 ? detailOf(model, view, picked) : none));
  $("detail").scrollTop = 0;
  // inside a report the address is the whole page's data: leave it
  if (location.protocol !== "data:") history.replaceState(null, "", asHash(model, view, picked));
}

/** Back to the list (on narrow screens), the previous and the next task. */
function steps(state) {
  const button = (label, action, off, name) => {
    const made = h("button", { type: "button", class: name, disabled: off ? "" : null }, label);
    made.addEventListener("click", action);
    return made;
  };
  return h(
    "nav",
    { "aria-label": "Tasks one by one" },
    button("← list", () => toList(), false, "back"),
    button("previous", () => go(state, state.at - 1, true), state.at <= 0, "step"),
    button("next", () => go(state, state.at + 1, true), state.at >= state.listed.length - 1, "step"),
  );
}

function go(state, at, open = false) {
  if (!state.listed.length) return;
  state.at = Math.max(0, Math.min(state.listed.length - 1, at));
  state.list.pick(state.at);
  show(state);
  if (open) document.body.classList.add("reading");
}

function toList() {
  document.body.classList.remove("reading");
  $("list").focus();
}

function armOptions(model, view) {
  const options = [[-1, "all trained runs"]];
  model.arms.forEach((arm, i) => {
    if (view.student >= 0 && arm.place !== view.student) return;
    const whose = view.student >= 0 ? "" : `${model.students[arm.place].label} · `;
    options.push([i, `${whose}${runName(model, arm)}`]);
  });
  if (!model.arms.some((arm) => arm.trained)) options[0][1] = "all";
  return options.map(([value, label]) => h("option", { value, selected: value === view.arm ? "" : null }, label));
}

function fillPicks(state) {
  const { model, view } = state;
  const options = (labels, all) => [
    ...(all ? [h("option", { value: -1 }, all)] : []),
    ...labels.map((label, value) => h("option", { value }, label)),
  ];
  $("student").append(...options(model.students.map((student) => student.label + (student.reference ? " (reference)" : "")), "all"));
  $("suite").append(...options(model.suites, "all"));
  $("suite-pick").hidden = model.suites.length < 2;
  $("protocol").append(...options(model.protocols ?? []));
  $("protocol-pick").hidden = (model.protocols ?? []).length < 2;
  $("path").append(...options(model.paths.map((path, i) => (i ? path : `${path} (headline)`))));
  model.conditions.forEach((name, i) => {
    const box = h("input", { type: "checkbox", value: i, checked: view.shown.includes(i) ? "" : null });
    $("conditions").append(h("label", {}, box, name));
  });
  for (const flag of FLAGS) {
    const box = h("input", { type: "checkbox", id: `flag-${flag.name}`, value: flag.name });
    const count = h("span", { class: "number", id: `flag-${flag.name}-count` });
    $("filters").append(h("label", { title: flag.title }, box, flag.label, count));
  }
  $("search").value = view.term;
}

function listen(state) {
  const { view, model } = state;
  for (const name of ["student", "arm", "suite", "protocol", "path"]) {
    $(name).addEventListener("change", (event) => {
      view[name] = Number(event.target.value);
      if (name === "student") view.arm = -1;
      refresh(state, name === "path");
    });
  }
  $("conditions").addEventListener("change", (event) => {
    const boxes = [...$("conditions").querySelectorAll("input")];
    if (!boxes.some((box) => box.checked)) event.target.checked = true; // one at least
    view.shown = boxes.filter((box) => box.checked).map((box) => Number(box.value));
    refresh(state, true);
  });
  $("filters").addEventListener("change", (event) => {
    if (event.target.checked) view.flags.add(event.target.value);
    else view.flags.delete(event.target.value);
    refresh(state);
  });
  $("search").addEventListener("input", (event) => {
    view.term = event.target.value.trim();
    refresh(state);
  });
  $("clear").addEventListener("click", () => {
    Object.assign(view, { student: -1, arm: -1, suite: -1, term: "" });
    view.flags.clear();
    $("search").value = "";
    refresh(state);
  });
  window.addEventListener("hashchange", () => {
    const named = fromHash(model, location.hash);
    Object.assign(view, named.view);
    state.cell = named.cell;
    $("search").value = view.term;
    for (const box of $("conditions").querySelectorAll("input")) box.checked = view.shown.includes(Number(box.value));
    refresh(state, true);
  });
  document.addEventListener("keydown", (event) => onKey(state, event));
}

function onKey(state, event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") {
    toList();
    return;
  }
  if (target.matches("input[type=search], select")) {
    if (!(key === "ArrowDown" && target.id === "search")) return;
    toList();
  }
  if (key === "/") $("search").focus();
  else {
    const moves = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1, PageDown: state.list.page, PageUp: -state.list.page, Home: -Infinity, End: Infinity };
    const inList = target === $("list") || target === document.body || key === "j" || key === "k";
    if (!(key in moves) || !inList) return;
    go(state, state.at + moves[key]);
  }
  event.preventDefault();
}

start().catch((error) => {
  $("count").textContent = `This page cannot be opened: ${error.message}.`;
  document.documentElement.dataset.failed = "";
});
