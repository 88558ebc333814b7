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
// The theme expects a text field of its own beside every file input and breaks where there is none; to it, ours
// are taken care of already.
for (const moment of ["DOMContentLoaded", "htmx:load"]) {
  document.addEventListener(moment, () => {
    document.querySelectorAll(".mdk-field input[type=file]").forEach((input) => { input.hasChangeListener = true; });
  });
}
// What scrolls sideways must be reached by keyboard too; what does not scroll must not catch the tab key.
const openFrames = new ResizeObserver((entries) => {
  entries.forEach(({ target }) => {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0; else target.removeAttribute("tabindex");
  });
});
for (const moment of ["DOMContentLoaded", "htmx:load"]) {
  document.addEventListener(moment, () => {
    document.querySelectorAll(".mdk-table-frame").forEach((frame) => openFrames.observe(frame));
  });
}
// A page that is worked by a scanner waits in its field. The browser looks for it before the theme shows the page.
window.addEventListener("load", () => {
  if (document.activeElement === document.body) document.querySelector("main [autofocus]")?.focus();
});
// More tabs than a telephone shows: the open one must not be among those out of sight.
window.addEventListener("load", () => {
  document.querySelectorAll(".mdk-tabs .active").forEach((tab) => {
    const { parentElement: row } = tab;
    if (tab.offsetLeft + tab.offsetWidth > row.clientWidth) row.scrollLeft = tab.offsetLeft - row.clientWidth / 2;
  });
});
// Which sections of the menu the person leaves open; the server shows them so on the next page. The section of the
// page itself is open anyway and is not counted unless the person touched it.
document.addEventListener("click", (event) => {
  const section = event.target.closest(".mdk-menu__title")?.parentElement;
  if (!section) return;
  const known = document.cookie.match(/(?:^|; )mdk_menu=([^;]*)/)?.[1] ?? "Sell";
  const open = new Set(known.split(".").filter(Boolean));
  // The click comes before the section folds or unfolds.
  if (section.open) open.delete(section.dataset.section); else open.add(section.dataset.section);
  const safe = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `mdk_menu=${[...open].join(".")}; path=/; max-age=31536000; samesite=lax${safe}`;
});
// The menu is longer than a small screen: show where one is.
window.addEventListener("load", () => {
  const menu = document.querySelector(".mdk-menu");
  const here = menu?.querySelector("[aria-current=page]");
  if (here && here.offsetTop + here.offsetHeight > menu.offsetTop + menu.clientHeight) {
    menu.scrollTop = here.offsetTop - menu.offsetTop - menu.clientHeight / 2;
  }
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
