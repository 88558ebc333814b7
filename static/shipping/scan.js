// A scanner types a code and presses Enter: the first row that has it and wants more counts on. What does not belong
// is said, on the page and aloud, because whoever picks looks at the shelf. Without script the numbers are typed.
(() => {
  const box = document.querySelector("[data-scan]");
  if (!box) return;
  const input = box.querySelector("input");
  const said = box.querySelector("[data-said]");
  const wrong = box.querySelector("[data-wrong]");
  const rows = [...document.querySelectorAll("tr[data-codes]")];
  const pieces = new Map();
  for (const row of rows) {
    for (const [code, count] of Object.entries(JSON.parse(row.dataset.codes))) {
      pieces.set(code, [...(pieces.get(code) || []), { row, count }]);
    }
  }
  const field = (row) => row.querySelector("input[type=number]");
  // What is measured is counted in thousandths at most: 0.1 + 0.2 must be 0.3.
  const exact = (number) => Math.round(number * 1000) / 1000;
  const counted = (row) => parseFloat(field(row).value) || 0;
  const measured = (row, number) => (row.dataset.unit ? `${number} ${row.dataset.unit}` : `${number}`);
  const left = (row) => exact(Number(row.dataset.wanted) - counted(row));
  const fill = (words, facts) => words.replace(/\{(\w+)\}/g, (_all, name) => facts[name]);
  const aloud = (words) => {
    if (!("speechSynthesis" in window)) return;
    const speech = new SpeechSynthesisUtterance(words);
    speech.lang = document.documentElement.lang || "en";
    window.speechSynthesis.cancel();
    window.speechSynthesis.speak(speech);
  };
  const refuse = (words, facts) => {
    wrong.textContent = fill(words, facts);
    wrong.hidden = false;
    said.textContent = "";
    if (navigator.vibrate) navigator.vibrate([120, 60, 120]);
    aloud(wrong.textContent);
  };
  box.hidden = false;
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // Enter must not send the form: the box is not full yet.
    event.preventDefault();
    const code = input.value.trim();
    input.value = "";
    if (!code) return;
    const found = pieces.get(code.toUpperCase());
    if (!found) return refuse(box.dataset.unknown, { code });
    const fits = found.find(({ row, count }) => left(row) >= count);
    const { row, count } = fits || found[0];
    const facts = { item: row.dataset.item, wanted: measured(row, row.dataset.wanted), code };
    if (!fits) return refuse(box.dataset.tooMany, facts);
    field(row).value = exact(counted(row) + count);
    row.scrollIntoView({ block: "nearest" });
    wrong.hidden = true;
    const complete = rows.every((one) => left(one) <= 0);
    const told = fill(box.dataset.counted, { ...facts, count: measured(row, counted(row)) });
    said.textContent = complete ? `${told} ${box.dataset.complete}` : told;
    if (complete) aloud(box.dataset.complete);
  });
  input.focus({ preventScroll: true });
})();
