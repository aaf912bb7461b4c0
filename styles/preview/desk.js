// Keeps a page fresh: what the server shows anew takes the place of what stood there, part by part, and the page
// stays where it was scrolled to. Without it, every page is whole, and a reload shows what is new.
(() => {
  const body = document.body, state = document.getElementById("state"), shown = body.dataset.shown.trim();
  const parts = root => [...root.querySelectorAll("[data-part]")];
  const known = new Map(parts(document).map(part => [part.dataset.part, part.outerHTML]));

  // A frame is loaded behind the one that is seen, scrolled to the same place, and only then takes its place.
  const swapFrame = (old, fresh) => new Promise(done => {
    fresh.classList.add("waiting");
    old.after(fresh);
    fresh.addEventListener("load", () => {
      try { fresh.contentWindow.scrollTo(old.contentWindow.scrollX, old.contentWindow.scrollY); } catch { /* a page of the browser's own */ }
      old.remove();
      fresh.classList.remove("waiting");
      done();
    }, { once: true });
  });

  const swapPicture = async (old, fresh) => {
    if (old.src === fresh.src) return;
    const loaded = new Image();
    loaded.src = fresh.src;
    try { await loaded.decode(); } catch { /* gone again: the next event tells */ }
    old.src = fresh.src;
  };

  // Of a list with ids, what stays the same stays where it is.
  const swapList = (old, fresh) => {
    const own = new Map([...old.children].map(item => [item.dataset.id, item]));
    const waits = [];
    const items = [...fresh.children].map(item => {
      const before = own.get(item.dataset.id);
      if (!before) return item;
      const pictures = [before, item].map(each => each.querySelector("img"));
      if (pictures[0] && pictures[1]) {
        waits.push(swapPicture(...pictures));
        pictures[1].replaceWith(pictures[0]);
      }
      if (before.innerHTML === item.innerHTML) { Object.assign(before.dataset, item.dataset); return before; }
      return item;
    });
    if (items.length !== old.children.length || items.some((item, at) => item !== old.children[at])) old.replaceChildren(...items);
    return Promise.all(waits);
  };

  const swap = (old, fresh) => {
    const html = fresh.outerHTML, name = fresh.dataset.part;
    if (known.get(name) === html) return null;
    known.set(name, html);
    if ("keyed" in fresh.dataset) return swapList(old, fresh);
    const frames = [old, fresh].map(part => part.querySelector("iframe"));
    if (frames[0] && frames[1]) {
      old.className = fresh.className;
      return swapFrame(...frames);
    }
    const focused = document.activeElement;
    const place = old.contains(focused) ? [...old.querySelectorAll("a, button, input, select")].indexOf(focused) : -1;
    old.className = fresh.className;
    old.replaceChildren(...fresh.childNodes);
    if (place >= 0) old.querySelectorAll("a, button, input, select")[place]?.focus({ preventScroll: true });
    return null;
  };

  // A variant that is not printed is asked for by a form; without this script, by its button.
  const ask = async () => {
    const form = document.querySelector("form[data-ask]");
    if (form && (await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) })).ok) refresh();
  };

  let running = null, again = false;
  const refresh = async () => {
    if (running) { again = true; return running; }
    running = (async () => {
      do {
        again = false;
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = new Map(parts(page).map(part => [part.dataset.part, part]));
        await Promise.all(parts(document).map(part => fresh.has(part.dataset.part) && swap(part, fresh.get(part.dataset.part))));
        document.dispatchEvent(new Event("shelf"));
        ask();
      } while (again);
    })();
    try { await running; } finally { running = null; }
    body.dataset.refreshed = Number(body.dataset.refreshed ?? 0) + 1;
  };

  const say = text => { if (state.textContent !== text) state.textContent = text; };
  const told = waiting => say(waiting ? body.dataset.working.replace("{count}", waiting) : body.dataset.fresh);
  let soon = 0;
  const listen = () => {
    const events = new EventSource("/events?shown=" + encodeURIComponent(shown));
    let wasLost = false;
    events.addEventListener("open", () => { if (wasLost) refresh(); wasLost = false; });
    events.addEventListener("error", () => { wasLost = true; say(body.dataset.lost); });
    events.addEventListener("message", message => {
      const event = JSON.parse(message.data);
      told(event.waiting);
      if (event.kind === "queue") return;
      if (shown ? event.kind === "news" || event.ids.includes(shown) : true) {
        // A shelf that fills up is drawn anew now and then; a proof at once.
        clearTimeout(soon);
        soon = setTimeout(refresh, shown ? 0 : 300);
      }
    });
    addEventListener("pagehide", () => events.close());
    addEventListener("pageshow", event => { if (event.persisted) { listen(); refresh(); } }, { once: true });
  };
  listen();
  ask();

  // A choice of what is seen changes the address and the parts, not the place.
  const choose = address => { history.replaceState(null, "", address); refresh(); };
  document.addEventListener("click", event => {
    const link = event.target.closest("a[data-choice]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(link.href);
  });
  document.addEventListener("change", event => {
    const form = event.target.closest("form[data-choose]");
    if (form) choose(location.pathname + "?" + new URLSearchParams(new FormData(form)));
  });
})();
