/* Uploads: announce, PUT the bytes with progress, finish. One listener for the page, so that panels loaded later work. */
(() => {
  "use strict";
  if (window.mediaUpload) return;
  window.mediaUpload = true;

  const ask = async (box, address, said) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": box.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify(said),
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.message || box.dataset.failed);
    return found;
  };

  const put = (box, ticket, file, bar) => new Promise((done, fail) => {
    const call = new XMLHttpRequest();
    call.open("PUT", ticket.address);
    Object.entries(ticket.headers).forEach(([name, value]) => call.setRequestHeader(name, value));
    call.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
    call.onload = () => (call.status < 300 ? done() : fail(new Error(box.dataset.failed)));
    call.onerror = () => fail(new Error(box.dataset.failed));
    call.send(file);
  });

  const upload = async (box, file) => {
    const line = document.createElement("li");
    const text = document.createElement("span");
    const bar = document.createElement("progress");
    text.textContent = file.name;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    line.append(text, bar);
    box.querySelector(".med-progress").append(line);
    try {
      const ticket = await ask(box, box.dataset.announce, {
        name: file.name, size: file.size, content_type: file.type, key: crypto.randomUUID ? crypto.randomUUID() : "",
        target_type: box.dataset.targetType, target_id: box.dataset.targetId,
      });
      await put(box, ticket, file, bar);
      const end = await ask(box, box.dataset.finish, { id: ticket.id });
      bar.remove();
      text.textContent = `${file.name} ${end.failure || box.dataset.done}`;
      return !end.failure;
    } catch (error) {
      bar.remove();
      text.textContent = `${file.name}: ${error.message}`;
      line.setAttribute("role", "alert");
      return false;
    }
  };

  const take = async (box, files) => {
    let fine = true;
    for (const file of files) fine = (await upload(box, file)) && fine;
    if (!fine) return;
    const panel = box.closest("[data-media-panel]");
    if (panel && window.htmx) window.htmx.ajax("GET", panel.dataset.mediaPanel, { source: panel, target: panel, swap: "innerHTML" });
    else window.location.reload();
  };

  // Before anybody else: the admin's own script looks for a text field beside every file field and fails without one.
  document.addEventListener("change", (event) => {
    const box = event.target.closest("[data-media-upload]");
    if (!box || event.target.type !== "file") return;
    event.stopImmediatePropagation();
    const files = [...event.target.files];
    event.target.value = "";
    take(box, files);
  }, true);

  // A colleague's name is put where one writes.
  document.addEventListener("click", (event) => {
    const name = event.target.closest?.("[data-mention]");
    const field = name?.closest("[data-mentions]")?.querySelector("textarea");
    if (!field) return;
    const start = field.value.slice(0, field.selectionStart);
    const gap = start && !/\s$/.test(start) ? " " : "";
    field.setRangeText(`${gap}${name.dataset.mention} `, field.selectionStart, field.selectionEnd, "end");
    field.focus();
  });

  // Files dropped anywhere on a panel that says so go the same way.
  const boxUnder = (event) => {
    if (![...(event.dataTransfer?.types || [])].includes("Files")) return null;
    return event.target.closest?.("[data-media-panel]")?.querySelector(".med-upload--drops");
  };
  document.addEventListener("dragover", (event) => {
    const box = boxUnder(event);
    document.querySelectorAll(".med-upload--over").forEach((other) => other.classList.toggle("med-upload--over", other === box));
    if (!box) return;
    event.preventDefault();
    box.classList.add("med-upload--over");
  });
  document.addEventListener("drop", (event) => {
    const box = boxUnder(event);
    if (!box) return;
    event.preventDefault();
    box.classList.remove("med-upload--over");
    take(box, [...event.dataTransfer.files]);
  });
})();
