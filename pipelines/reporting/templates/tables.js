// Sorts a table by the head that is pressed, and hides the rows that hold nothing of what is searched for.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const key = (row, index) => {
    const cell = row.cells[index], known = cell.dataset.sort;
    return known === undefined ? cell.textContent.trim() : Number(known);
  };
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    if (head.dataset.fixed !== undefined) return;
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.onclick = () => {
      const down = head.ariaSort === "ascending";
      for (const other of head.parentNode.cells) other.ariaSort = null;
      head.ariaSort = down ? "descending" : "ascending";
      const order = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, undefined, {numeric: true});
      const rows = [...body.rows].sort((a, b) => (down ? -1 : 1) * order(key(a, index), key(b, index)));
      body.append(...rows);
    };
  });
  const search = table.closest("section").querySelector("input[type=search]");
  if (search) search.oninput = () => {
    const wanted = search.value.toLowerCase();
    for (const row of body.rows) row.hidden = !`${row.cells[0].textContent} ${row.cells[1].textContent}`.toLowerCase().includes(wanted);
  };
}
