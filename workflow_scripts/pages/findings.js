"use strict";
// Inside a report this page is a data: address: files that stand beside it cannot be reached from there.
if (location.protocol === "data:") document.body.classList.add("alone");
