// Choosing a box of the graph shows all that it needs and all that needs it; choosing it again shows everything.
const graph = document.querySelector(".graph svg");
const nodes = new Map([...graph.querySelectorAll(".node")].map((node) => [node.dataset.name, node]));
const lines = [...graph.querySelectorAll(".line")];

function reached(name, near, far) {
  const found = new Set([name]);
  for (const at of found) {
    for (const line of lines) if (line.dataset[near] === at) found.add(line.dataset[far]);
  }
  return found;
}

function choose(name) {
  const again = graph.dataset.chosen === name;
  graph.dataset.chosen = again ? "" : name;
  graph.classList.toggle("chosen", !again);
  const before = reached(name, "to", "from");
  const after = reached(name, "from", "to");
  for (const [other, node] of nodes) {
    node.classList.toggle("near", before.has(other) || after.has(other));
    node.classList.toggle("here", other === name && !again);
  }
  for (const { dataset, classList } of lines) {
    const leads = before.has(dataset.from) && before.has(dataset.to);
    const follows = after.has(dataset.from) && after.has(dataset.to);
    classList.toggle("near", leads || follows);
  }
}

for (const [name, node] of nodes) {
  node.addEventListener("click", () => choose(name));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(name);
  });
}
