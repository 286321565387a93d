"use strict";
// Inside a report this page is a data: address: files that stand beside it cannot be reached from there.
if (location.protocol === "data:") document.body.classList.add("alone");
// On paper nothing can be unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const each of folded) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of folded) each.open = false;
});
// A link to a figure that is folded away unfolds it, also where the browser would not.
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  for (let at = target && target.parentElement; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
