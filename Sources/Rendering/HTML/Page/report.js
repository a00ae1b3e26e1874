"use strict";
// The tables can be read without this: it sorts them, shows the long ones in portions, and filters
// the sessions. It reads only the page.
(() => {
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const names = new Intl.Collator("en", { numeric: true });

  // What a cell sorts by: the seconds of an age, else a number, else its text.
  function value(cell, isNumber) {
    const text = cell?.dataset.s ?? cell?.textContent ?? "";
    return isNumber ? parseFloat(text) || 0 : text;
  }

  function makeSortable(table, refresh) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.classList.contains("why")) return;
      const button = make("button", { type: "button", title: "Sort by this column" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const isNumber = head.matches(".n, .wide");
        const was = head.getAttribute("aria-sort");
        // Of numbers the largest matter.
        const falls = was ? was === "ascending" : isNumber;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const keyed = [...body.rows].map((row) => [value(row.cells[column], isNumber), row]);
        keyed.sort(([a], [b]) => (isNumber ? a - b : names.compare(a, b)) * (falls ? -1 : 1));
        body.append(...keyed.map(([, row]) => row));
        refresh();
      });
    });
  }

  // Shows a portion of the rows that fit, with a button for more.
  function makeShort(table, fits) {
    const portion = Number(table.dataset.portion);
    const next = make("button", { type: "button" });
    const more = make("p", { className: "more" });
    let shown = portion;
    const refresh = () => {
      let matches = 0;
      for (const row of table.tBodies[0].rows) {
        const isMatch = fits(row);
        if (isMatch) matches += 1;
        row.hidden = !isMatch || matches > shown;
      }
      more.hidden = matches <= shown;
      next.textContent = `Show ${Math.min(portion, matches - shown)} more of ${matches}`;
    };
    next.addEventListener("click", () => { shown += portion; refresh(); });
    more.append(next);
    table.parentElement.after(more);
    return { refresh, restart: () => { shown = portion; refresh(); } };
  }

  // Buttons for the verdicts that occur, and a field for any text.
  function addFilter(table, filter, changed) {
    const counts = new Map();
    for (const row of table.tBodies[0].rows) {
      const [verdict, count] = counts.get(row.className) ?? [row.cells[0].textContent, 0];
      counts.set(row.className, [verdict, count + 1]);
    }
    const tools = make("div", { className: "tools" });
    const pick = (letter, label) => {
      const button = make("button", { type: "button", textContent: label });
      button.setAttribute("aria-pressed", String(letter === filter.verdict));
      button.addEventListener("click", () => {
        filter.verdict = letter;
        for (const other of tools.querySelectorAll("button")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        changed();
      });
      tools.append(button);
    };
    pick(null, "all");
    for (const [letter, [verdict, count]] of counts) pick(letter, `${count} ${verdict}`);
    const input = make("input", { type: "search", placeholder: "Filter by any text" });
    input.setAttribute("aria-label", "Filter sessions by text");
    input.addEventListener("input", () => {
      filter.word = input.value.trim().toLowerCase();
      changed();
    });
    tools.append(input);
    table.parentElement.before(tools);
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const filter = { verdict: null, word: "" };
    const rows = makeShort(table, (row) =>
      (!filter.verdict || row.className === filter.verdict)
      && (!filter.word || row.textContent.toLowerCase().includes(filter.word)));
    makeSortable(table, rows.refresh);
    if (table.classList.contains("filtered")) addFilter(table, filter, rows.restart);
    rows.refresh();
  }
})();
