/* The few things a store page does by itself; everything also works without this file. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const drawer = $("#cart-drawer");
  const results = () => $("#results");

  // Cart drawer: the server sends its content, this only opens it.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (drawer && event.detail.target === drawer && !drawer.open) drawer.showModal();
  });
  drawer?.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
  // A lost connection is said, and what was typed stays.
  const say = (words) => { const place = $("#say"); if (place) place.textContent = words; };
  document.addEventListener("htmx:sendError", (event) => {
    say("No connection.");
    const form = event.detail.elt.closest("form");
    if (form?.method === "post" && !form.id.startsWith("checkout")) form.submit();
  });

  // Suggestions close when one leaves them; arrows walk through them.
  const search = $(".search");
  const suggest = $("#suggest");
  if (search && suggest) {
    document.addEventListener("click", (event) => { if (!search.contains(event.target)) suggest.replaceChildren(); });
    search.addEventListener("keydown", (event) => {
      const stops = [$("#q"), ...suggest.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") { suggest.replaceChildren(); $("#q").focus(); }
      if (!step || stops.length < 2) return;
      event.preventDefault();
      stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
    });
  }

  // Filter sheet: Escape, a click beside it, and its own button close it.
  const sheet = $("details.sheet");
  if (sheet) {
    const close = () => { sheet.open = false; $("summary", sheet).focus(); };
    const button = $("[data-close-sheet]", sheet);
    button.hidden = false;
    button.addEventListener("click", close);
    sheet.addEventListener("keydown", (event) => { if (event.key === "Escape" && sheet.open) close(); });
    $("[data-apply]", sheet).addEventListener("click", () => setTimeout(close));
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target === results() || event.detail.target.id === "results") document.title = document.title;
    });
  }

  // Gallery: a thumbnail shows its picture; arrows walk.
  const thumbs = $("[data-thumbs]");
  const stage = $("#stage");
  // The browser takes the AVIF source before the picture itself, so an old one must never stay behind.
  const avif = (addresses) => {
    const source = stage.parentElement.querySelector("source");
    if (source) source.srcset = addresses || "";
    if (source && !addresses) source.remove();
    if (source || !addresses) return;
    const made = Object.assign(document.createElement("source"), { type: "image/avif", srcset: addresses, sizes: stage.sizes });
    stage.before(made);
  };
  const show = (link) => {
    avif(link.dataset.avif);
    stage.srcset = link.dataset.srcset || "";
    stage.src = link.href;
    stage.alt = link.dataset.alt || "";
    for (const other of thumbs.children) other.setAttribute("aria-current", String(other === link));
  };
  thumbs?.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    show(link);
  });
  thumbs?.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...thumbs.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    show(next);
  });

  // Variant choice without a reload: price, stock, picture and address follow the options.
  const data = $("#variants");
  const form = $("#buy");
  if (data && form) {
    const { variants, words } = JSON.parse(data.textContent);
    const groups = [...form.querySelectorAll("fieldset.options")];
    const chosen = () => groups.map((group) => $("input:checked", group)?.value);
    const fits = (variant, values) => values.every((value, i) => value === undefined || variant.values[i] === value);
    const pack = $("#pack");
    const field = $("#quantity");
    // A pack has its own price, its own price by measure, and counts in packs.
    const price = (variant) => {
      const one = variant.packs.find((choice) => choice.id === pack.value) ?? variant;
      const rule = one.id === variant.id ? variant.rule : one;
      $("#price").textContent = one.price;
      $("#measure").textContent = one.measure;
      $("#was").hidden = !variant.was || (one !== variant && one.id !== "");
      $("#guide").textContent = variant.guide;
      $("#guide").hidden = !variant.guide || (one !== variant && one.id !== "");
      for (const [name, value] of [["min", rule.least], ["max", rule.most], ["step", rule.step]]) field[name] = value;
      if (!field.validity.valid) field.value = rule.least;
      const words = $("#quantity-words");
      words.textContent = variant.rule.words;
      words.hidden = !variant.rule.words;
    };
    const offer = (variant) => {
      const before = pack.value;
      pack.replaceChildren(...variant.packs.map((choice) => {
        const row = new Option(choice.label, choice.id);
        row.disabled = !choice.buyable;
        return row;
      }));
      const fit = variant.packs.find((one) => one.id === before && one.buyable) ?? variant.packs.find((one) => one.buyable);
      if (fit) pack.value = fit.id;
      $("#packs").hidden = !variant.packs.length;
    };
    const update = (moved) => {
      const values = chosen();
      const variant = variants.find((one) => fits(one, values));
      groups.forEach((group, i) => {
        $("[data-said]", group).textContent = values[i] ?? "";
        for (const input of group.querySelectorAll("input")) {
          const tried = values.map((value, j) => (j === i ? input.value : value));
          input.closest(".option").classList.toggle("none", !variants.some((one) => one.buyable && fits(one, tried)));
        }
      });
      const stock = $("#stock");
      const add = $("#add");
      stock.className = `stock ${variant ? variant.stock_class : "out"}`;
      $("span", stock).textContent = variant ? variant.stock_words : words.missing;
      add.disabled = !variant?.buyable;
      add.textContent = variant?.buyable ? words.add : variant ? words.sold_out : words.unavailable;
      if (!variant) return;
      $("span + span", $("#was")).textContent = variant.was;
      for (const name of ["breaks", "lowest"]) {
        $(`#${name}`).textContent = variant[name];
        $(`#${name}`).hidden = !variant[name];
      }
      if (moved) offer(variant);
      price(variant);
      const sku = $("#sku");
      if (sku) sku.textContent = variant.sku;
      if (moved && variant.picture) { avif(""); stage.srcset = ""; stage.src = variant.picture; }
      const url = new URL(location.href);
      values.forEach((value, i) => url.searchParams.set(`option${i + 1}`, value));
      if (moved) history.replaceState(history.state, "", url);
    };
    form.addEventListener("change", (event) => {
      if (event.target.type === "radio") update(true);
      if (event.target === pack) update(false);
    });
    update(false);
  }

  // A field that is being corrected is no longer marked as wrong.
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".field.wrong");
    if (!field) return;
    field.classList.remove("wrong");
    event.target.removeAttribute("aria-invalid");
    for (const error of field.querySelectorAll(".error")) error.remove();
  });

  // Checkout: go to the first error; the summary is open where there is room.
  $("[data-focus]")?.focus();
  const fold = $(".summary-fold");
  const wide = matchMedia("(min-width: 60rem)");
  const unfold = () => { const one = $(".summary-fold"); if (one && wide.matches) one.open = true; };
  if (fold) {
    unfold();
    wide.addEventListener("change", unfold);
    document.addEventListener("htmx:oobAfterSwap", unfold);
    $("#checkout")?.addEventListener("submit", () => setTimeout(() => { $("#pay").disabled = true; }));
    addEventListener("pageshow", () => { $("#pay").disabled = false; });
  }

  if ("serviceWorker" in navigator && document.body.dataset.store) {
    navigator.serviceWorker.register(`${document.body.dataset.store}sw.js`).catch(() => {});
  }
})();
