// Filters the tests, and leads to one of them wherever it is hidden. Without it the page says the same.
(() => {
  "use strict";
  const form = document.querySelector(".filter");
  const modules = [...document.querySelectorAll(".module")];
  const rows = [...document.querySelectorAll(".tests tbody tr")];
  const words = new Map(rows.map((row) => {
    const module = row.closest(".module").dataset.module;
    return [row, `${module}::${row.textContent}`.toLowerCase()];
  }));

  function filter() {
    const show = form.elements.show.value;
    const text = form.elements.text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = (show === "all" || row.dataset.ending === show) && words.get(row).includes(text);
      row.hidden = !fits;
      count += fits;
    }
    const all = show === "all" && text === "";
    for (const module of modules) {
      const some = module.querySelector("tbody tr:not([hidden])") !== null;
      module.hidden = !some;
      module.open = all ? module.hasAttribute("data-open") : some;
    }
    for (const suite of document.querySelectorAll(".suite")) {
      suite.hidden = suite.querySelector(".module:not([hidden])") === null;
    }
    form.elements.namedItem("count").value = all ? "" : `${count} of ${rows.length} tests`;
  }

  function choose(show) {
    form.elements.show.value = show;
    form.elements.text.value = "";
    filter();
  }

  // What a link points to may be filtered away, or stand in something that is closed.
  function reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    if (form && target.closest("[hidden]")) choose("all");
    for (let at = target.parentElement; at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
    target.scrollIntoView({ block: "center" });
    if (target.tabIndex === -1) target.focus({ preventScroll: true });
  }

  if (form) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const tile of document.querySelectorAll("[data-show]")) {
      tile.addEventListener("click", () => choose(tile.dataset.show));
    }
  }
  addEventListener("hashchange", reveal);
  // A second click on the same link changes no address.
  addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) reveal();
  });
  reveal();

  for (const command of document.querySelectorAll(".command")) {
    if (!navigator.clipboard) break;
    const button = Object.assign(document.createElement("button"), {
      className: "copy", type: "button", textContent: "Copy",
    });
    button.addEventListener("click", async () => {
      const text = command.querySelector("code").textContent;
      button.textContent = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not copied");
    });
    command.append(button);
  }

  // Paper cannot be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("#attention details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
})();
