"use strict";
// The tables can be read without this: it sorts them, and filters the sessions and shows them in
// portions. It reads only the page.
(() => {
  const portion = 200;
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  function sortable(table, changed) {
    const body = table.tBodies[0];
    const key = (row, column) => {
      const cell = row.cells[column];
      const value = cell.dataset.s ?? cell.textContent;
      return cell.classList.contains("n") || cell.dataset.s ? parseFloat(value) || 0 : value;
    };
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = make("button", { type: "button", title: "Sort by this column" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const isNumber = body.rows[0]?.cells[column].dataset.s !== undefined
          || head.classList.contains("n");
        const was = head.getAttribute("aria-sort");
        // Of numbers the largest matter.
        const falls = was ? was === "ascending" : isNumber;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const names = new Intl.Collator("en", { numeric: true });
        const compare = (a, b) => (isNumber ? a - b : names.compare(a, b)) * (falls ? -1 : 1);
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort((a, b) => compare(a[0], b[0]));
        body.append(...rows.map((pair) => pair[1]));
        changed();
      });
    });
  }

  function filtered(table) {
    const box = table.parentElement;
    const names = { o: "orphan", s: "suspect", h: "hidden", l: "live" };
    const counts = {};
    for (const row of table.tBodies[0].rows) {
      counts[row.className] = (counts[row.className] ?? 0) + 1;
    }
    const tools = make("div", { className: "tools" });
    const more = make("p", { className: "more" });
    const next = make("button", { type: "button" });
    const input = make("input", { type: "search", placeholder: "Filter by any text" });
    input.setAttribute("aria-label", "Filter sessions by text");
    let chosen = null, shown = portion;
    const refresh = () => {
      const word = input.value.trim().toLowerCase();
      let matches = 0;
      for (const row of table.tBodies[0].rows) {
        const fits = (!chosen || row.className === chosen)
          && (!word || row.textContent.toLowerCase().includes(word));
        if (fits) matches += 1;
        row.hidden = !fits || matches > shown;
      }
      more.hidden = matches <= shown;
      next.textContent = `Show ${Math.min(portion, matches - shown)} more of ${matches}`;
    };
    const pick = (letter, label) => {
      const button = make("button", { type: "button", textContent: label });
      button.setAttribute("aria-pressed", String(letter === chosen));
      button.addEventListener("click", () => {
        chosen = letter;
        shown = portion;
        for (const other of tools.querySelectorAll("button")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        refresh();
      });
      tools.append(button);
    };
    pick(null, "all");
    for (const letter of Object.keys(names)) {
      if (counts[letter]) pick(letter, `${counts[letter]} ${names[letter]}`);
    }
    input.addEventListener("input", () => { shown = portion; refresh(); });
    next.addEventListener("click", () => { shown += portion; refresh(); });
    tools.append(input);
    more.append(next);
    box.before(tools);
    box.after(more);
    refresh();
    return refresh;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    sortable(table, table.classList.contains("filtered") ? filtered(table) : () => {});
  }
})();
