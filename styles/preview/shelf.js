// Narrows and sorts the shelf while someone types; without it, the whole list is there to read.
(() => {
  const form = document.querySelector("form.finder"), list = document.getElementById("items");
  if (!form || !list) return;
  const none = document.querySelector("p.none"), shown = form.querySelector(".shown");
  const fold = text => text.toLocaleLowerCase(document.documentElement.lang).normalize("NFC");
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const number = (text, empty) => (text === "" ? empty : Number(text));
  const orders = {
    newest: (a, b) => collator.compare(b.dataset.date, a.dataset.date),
    title: () => 0,
    level: (a, b) => number(a.dataset.lix, 999) - number(b.dataset.lix, 999),
    pages: (a, b) => number(a.dataset.pages, 9999) - number(b.dataset.pages, 9999),
    findings: (a, b) => b.dataset.findings - a.dataset.findings,
  };
  const value = name => form.elements[name]?.value ?? "";
  const fits = item => {
    const data = item.dataset, text = fold(data.text);
    return fold(value("q")).split(/\s+/).every(word => text.includes(word))
      && (!value("tag") || data.tags.split("\n").includes(value("tag")))
      && (!value("finding") || data.codes.split(" ").includes(value("finding")))
      && (!value("format") || data.formats.split(" ").includes(value("format")));
  };
  const apply = () => {
    const items = [...list.children];
    const order = orders[value("sort")] ?? orders.newest;
    items.sort((a, b) => order(a, b) || collator.compare(a.dataset.title, b.dataset.title));
    let count = 0;
    for (const item of items) count += !(item.hidden = !fits(item));
    list.append(...items);
    none.hidden = count > 0;
    shown.textContent = shown.dataset.pattern.replace("{shown}", count).replace("{all}", items.length);
  };
  form.hidden = false;
  form.querySelector(".apply").hidden = true;
  // The address says what is chosen, so that whoever comes back finds the shelf as it was; a page on disk has no server
  // that could read it.
  const note = () => {
    if (location.protocol === "file:") return;
    const chosen = new URLSearchParams([...new FormData(form)].filter(([name, text]) => text && !(name === "sort" && text === "newest")));
    history.replaceState(null, "", location.pathname + (chosen.size ? "?" + chosen : ""));
  };
  form.addEventListener("input", () => { apply(); note(); });
  form.addEventListener("submit", event => event.preventDefault());
  document.addEventListener("shelf", apply);
  apply();
})();
