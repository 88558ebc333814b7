/* The matrix: arrow keys go from cell to cell, sums are live. Without this the form works all the same. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-matrix]");
  if (!form) return;
  const how = form.dataset.matrix;

  const cellsOf = (table) => [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1)
    .filter((cell) => !("rowSum" in cell.dataset)).map((cell) => cell.querySelector("[data-cell]")));

  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] };
  form.addEventListener("keydown", (event) => {
    const input = event.target.closest("[data-cell]");
    const step = steps[event.key];
    if (!input || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && input.type === "checkbox") return;
    const grid = cellsOf(input.closest("table"));
    let row = grid.findIndex((line) => line.includes(input));
    let column = grid[row].indexOf(input);
    const side = document.dir === "rtl" ? -step[1] : step[1];
    do { row += step[0]; column += side; } while (grid[row] && column in grid[row] && !grid[row][column]);
    const next = grid[row] && grid[row][column];
    event.preventDefault(); /* a number must not change because somebody walks by, nor Enter send half a grid */
    if (next) { next.focus(); if (next.select) next.select(); }
  });

  const valueOf = (input) => {
    const now = Number(input.closest("td").querySelector("[data-now]")?.dataset.now || 0);
    const typed = input.value.trim() === "" ? null : Number(input.value);
    if (how !== "stock") return typed || 0;
    if (typed === null || Number.isNaN(typed)) return now;
    return form.elements.mode && form.elements.mode.value === "delta" ? now + typed : typed;
  };
  const add = (inputs) => inputs.filter(Boolean).reduce((sum, input) => sum + valueOf(input), 0);
  const refresh = () => form.querySelectorAll("table.gar-grid").forEach((table) => {
    const grid = cellsOf(table);
    table.querySelectorAll("[data-row-sum]").forEach((cell, n) => { cell.textContent = add(grid[n]); });
    table.querySelectorAll("[data-column-sum]").forEach((cell, n) => { cell.textContent = add(grid.map((row) => row[n])); });
    const all = table.querySelector("[data-all-sum]");
    if (all) all.textContent = add(grid.flat());
  });
  if (how) { form.addEventListener("input", refresh); refresh(); }
})();
