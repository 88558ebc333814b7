// The grid of the bulk edit: up and down go to the same cell of the next row, changed cells are marked.
document.querySelectorAll("[data-grid]").forEach((grid) => {
    const kindOf = (cell) => [...cell.closest(".imports-cell").classList].find((name) => name.includes("--"));
    grid.addEventListener("keydown", (event) => {
        const steps = { ArrowDown: 1, ArrowUp: -1, Enter: 1 };
        const step = steps[event.key];
        if (!step || event.target.tagName !== "INPUT" || event.target.type !== "text" || event.target.list) {
            return;
        }
        const column = [...grid.querySelectorAll(`.${kindOf(event.target)} input:not([disabled])`)];
        const next = column[column.indexOf(event.target) + step];
        event.preventDefault();
        if (next) {
            next.focus();
            next.select();
        }
    });
    grid.addEventListener("input", (event) => {
        const cell = event.target;
        const before = cell.tagName === "SELECT" ? [...cell.options].find((one) => one.defaultSelected)?.value : cell.defaultValue;
        cell.classList.toggle("is-changed", cell.type !== "checkbox" && cell.value !== before);
    });
});
