// A scanner types a code and presses Enter: the line that has it counts on. Without script the numbers are typed.
(() => {
  const box = document.querySelector("[data-scan]");
  if (!box) return;
  const input = box.querySelector("input");
  const said = box.querySelector("[role=status]");
  const rows = [...document.querySelectorAll("tr[data-codes]")];
  const pieces = new Map();
  for (const row of rows) {
    for (const [code, count] of Object.entries(JSON.parse(row.dataset.codes))) pieces.set(code, { row, count });
  }
  const say = (words, facts, isWrong) => {
    said.classList.toggle("mdk-error", Boolean(isWrong));
    if (isWrong && navigator.vibrate) navigator.vibrate([120, 60, 120]);
    said.textContent = words.replace(/\{(\w+)\}/g, (_all, name) => facts[name]);
  };
  box.hidden = false;
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // Enter must not send the form: the delivery is not counted yet.
    event.preventDefault();
    const code = input.value.trim();
    input.value = "";
    if (!code) return;
    const found = pieces.get(code.toUpperCase());
    if (!found) return say(box.dataset.unknown, { code }, true);
    const field = found.row.querySelector("input[name^=accepted_]");
    const count = (parseInt(field.value, 10) || 0) + found.count;
    field.value = count;
    found.row.scrollIntoView({ block: "nearest" });
    const isTooMany = count > Number(found.row.dataset.expected);
    say(isTooMany ? box.dataset.tooMany : box.dataset.counted, { item: found.row.dataset.item, count, expected: found.row.dataset.expected }, isTooMany);
  });
  input.focus({ preventScroll: true });
})();
