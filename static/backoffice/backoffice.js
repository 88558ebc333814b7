// A form is sent once, however often its button is pressed; the hidden key protects what this cannot.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("[data-submit-once]");
  if (!button) return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
  button.setAttribute("aria-busy", "true");
});
// Coming back by the browser's history must not leave the form dead.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelector("[data-submit-once]")?.removeAttribute("aria-busy");
  });
});
// Rows by keyboard: up and down move, enter opens, as in a mail program.
document.addEventListener("keydown", (event) => {
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.target.closest("input, select, textarea")) return;
  const links = [...document.querySelectorAll(".mdk-row-link")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = links[event.key === "ArrowDown" ? at + 1 : Math.max(at - 1, 0)];
  if (next) { event.preventDefault(); next.focus(); }
});
// A whole resource of the permission grid at once.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-row]");
  if (!all) return;
  all.closest("tr").querySelectorAll("input[name=permissions]:not(:disabled)").forEach((box) => { box.checked = all.checked; });
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});
