// The list of tasks: only the rows in sight exist, however many there are.

/** An element; attributes with null are left out. Children that are texts stay texts, never markup. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

const ROW = 52; // px, as .row in page.css
const SPARE = 6; // rows drawn beyond each edge

class List {
  /** `draw(row, position)` fills a row; `onPick(position)` is called when a row is clicked or reached by key. */
  constructor(element, draw, onPick) {
    Object.assign(this, { element, draw, onPick, length: 0, picked: -1, rows: [] });
    this.space = h("div", { class: "space", role: "presentation" });
    element.append(this.space);
    element.addEventListener("scroll", () => this.render(), { passive: true });
    element.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.onPick(Number(row.dataset.position), true);
    });
    new ResizeObserver(() => this.render()).observe(element);
  }

  /** Show `length` rows with `picked` in sight. */
  show(length, picked) {
    this.length = length;
    this.space.style.height = `${length * ROW}px`;
    this.pick(picked);
  }

  pick(position) {
    this.picked = position;
    const top = position * ROW;
    const { scrollTop, clientHeight } = this.element;
    if (position >= 0 && top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.element.scrollTop = top + ROW - clientHeight;
    this.render();
  }

  /** How many rows a page key moves. */
  get page() {
    return Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1);
  }

  render() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - SPARE);
    const fitting = Math.ceil(this.element.clientHeight / ROW) + 2 * SPARE;
    const count = Math.max(0, Math.min(fitting, this.length - first));
    while (this.rows.length < count) {
      const row = h("div", { class: "row", role: "option" });
      this.rows.push(row);
      this.space.append(row);
    }
    this.rows.forEach((row, i) => {
      row.hidden = i >= count;
      if (row.hidden) row.removeAttribute("id");
      else this.place(row, first + i);
    });
    const shown = this.picked >= first && this.picked < first + count;
    if (shown) this.element.setAttribute("aria-activedescendant", `row-${this.picked}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  place(row, position) {
    row.id = `row-${position}`;
    row.dataset.position = position;
    row.style.transform = `translateY(${position * ROW}px)`;
    row.setAttribute("aria-selected", position === this.picked);
    row.setAttribute("aria-posinset", position + 1);
    row.setAttribute("aria-setsize", this.length);
    this.draw(row, position);
  }
}
