"use strict";
(() => {
  const one = (id) => document.getElementById(id);
  const codes = [...document.querySelectorAll("details.code")];
  const controls = one("controls");

  if (controls) {
    const [find, effect, field] = [one("find"), one("effect"), one("field")];
    const levels = [...document.querySelectorAll("button.level")];
    const rows = [...document.querySelectorAll("#matrix tbody tr")];
    const plain = (text) => text.normalize("NFKC").toLowerCase();
    const known = new Map();
    const textOf = (part) => {
      if (!known.has(part)) known.set(part, plain(part.textContent));
      return known.get(part);
    };
    // Of a code that fits, only the samples that hold every word stay, unless the words stand elsewhere in it.
    const sift = (code, words) => {
      const samples = [...code.querySelectorAll("ol.samples > li")];
      const fits = samples.map((sample) => words.every((word) => textOf(sample).includes(word)));
      const some = fits.includes(true);
      samples.forEach((sample, number) => { sample.hidden = some && !fits[number]; });
    };
    const apply = () => {
      const words = plain(find.value).split(/\s+/).filter(Boolean);
      const on = new Set(levels.filter((b) => b.getAttribute("aria-pressed") === "true").map((b) => b.dataset.severity));
      const hidden = new Set();
      let shown = 0;
      for (const code of codes) {
        const fits = on.has(code.dataset.severity)
          && (!effect.value || code.dataset.effect === effect.value)
          && (!field.value || code.dataset.fields.split(" ").includes(field.value))
          && words.every((word) => textOf(code).includes(word));
        code.hidden = !fits;
        if (fits) shown += 1; else hidden.add(code.id);
        if (fits) sift(code, words);
      }
      for (const row of rows) row.hidden = hidden.has(row.dataset.code);
      one("nothing").hidden = shown > 0;
      one("counted").textContent = controls.dataset.counted
        .replace("{shown}", shown.toLocaleString("en")).replace("{total}", codes.length.toLocaleString("en"));
    };
    const press = (button, on) => button.setAttribute("aria-pressed", String(on));
    for (const button of levels) {
      button.addEventListener("click", () => { press(button, button.getAttribute("aria-pressed") !== "true"); apply(); });
    }
    find.addEventListener("input", apply);
    effect.addEventListener("change", apply);
    field.addEventListener("change", apply);
    one("open").addEventListener("click", () => { for (const code of codes) if (!code.hidden) code.open = true; });
    one("close").addEventListener("click", () => { for (const code of codes) code.open = false; });
    one("clear").addEventListener("click", () => {
      find.value = effect.value = field.value = "";
      for (const button of levels) press(button, true);
      apply();
      find.focus();
    });
    controls.hidden = false;
  }

  // A link to a code shows it, whatever was filtered or closed.
  const reveal = () => {
    const target = location.hash ? one(decodeURIComponent(location.hash.slice(1))) : null;
    if (!target || !target.matches("details")) return;
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#c-"]');
    if (link && link.hash === location.hash) reveal();
  });
  reveal();

  // Paper shows everything.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of closed) part.open = false; closed = []; });

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const area = one(button.dataset.copy);
      const status = button.parentElement.querySelector("[role=status]");
      let done = false;
      try {
        await navigator.clipboard.writeText(area.value);
        done = true;
      } catch (refused) {
        area.focus();
        area.select();
        done = document.execCommand("copy");
      }
      status.textContent = done ? button.dataset.done : button.dataset.failed;
    });
  }
})();
