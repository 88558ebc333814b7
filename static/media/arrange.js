/* Pictures in an order: dragging a tile puts it before or behind another and tells the server the new order. */
(() => {
  "use strict";
  if (window.mediaArrange) return;
  window.mediaArrange = true;
  let held = null;

  const tileOf = (event) => event.target.closest?.("[data-media-arrange] [data-image]");
  document.addEventListener("dragstart", (event) => {
    held = tileOf(event);
    if (!held || event.target.closest("input")) { held = null; return; }
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.dataset.image);
    held.classList.add("med-tile--held");
  });
  document.addEventListener("dragover", (event) => {
    const over = tileOf(event);
    if (!held || !over || over === held || over.parentElement !== held.parentElement) return;
    event.preventDefault();
    const tiles = [...held.parentElement.children];
    const behind = tiles.indexOf(over) > tiles.indexOf(held);
    if (behind) over.after(held); else over.before(held);
  });
  document.addEventListener("drop", (event) => { if (held) event.preventDefault(); });
  document.addEventListener("dragend", () => {
    if (!held) return;
    const list = held.parentElement;
    held.classList.remove("med-tile--held");
    held = null;
    const panel = list.closest("[data-media-panel]");
    const token = list.querySelector("[name=csrfmiddlewaretoken]").value;
    const image = [...list.children].map((tile) => tile.dataset.image);
    window.htmx.ajax("POST", list.dataset.mediaArrange, {
      source: panel, target: panel, swap: "innerHTML", values: { image, csrfmiddlewaretoken: token },
    });
  });
})();
