// Orders the chosen articles by drag, by buttons and by keys, and adds up what they come to. Without it, the ticked
// articles stand in the edition in the order of the list.
(() => {
  const form = document.querySelector("form.composer"), all = document.getElementById("all"), order = document.getElementById("chosen");
  const sum = document.getElementById("sum"), moved = document.getElementById("moved"), words = form.dataset;
  const boxes = new Map([...all.querySelectorAll("input")].map(box => [box.value, box]));
  const row = box => box.closest("li");

  const button = (label, sign, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = sign;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };
  const say = item => {
    moved.textContent = words.moved.replace("{title}", item.dataset.title).replace("{place}", [...order.children].indexOf(item) + 1).replace("{all}", order.children.length);
  };
  const move = (item, by) => {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    by < 0 ? other.before(item) : other.after(item);
    update();
    say(item);
  };
  const entry = box => {
    const item = document.createElement("li"), title = row(box).dataset.title, name = document.createElement("span");
    item.dataset.id = box.value;
    item.dataset.title = name.textContent = title;
    item.draggable = true;
    item.append(
      name,
      button(words.up.replace("{title}", title), "↑", event => { move(item, -1); event.currentTarget.focus(); }),
      button(words.down.replace("{title}", title), "↓", event => { move(item, 1); event.currentTarget.focus(); }),
      button(words.out.replace("{title}", title), "×", () => { box.checked = false; item.remove(); update(); box.focus(); }),
    );
    item.addEventListener("keydown", event => {
      if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      const focused = document.activeElement;
      move(item, event.key === "ArrowUp" ? -1 : 1);
      focused.focus();
    });
    return item;
  };

  let dragged = null;
  order.addEventListener("dragstart", event => { dragged = event.target.closest("li"); dragged.classList.add("dragged"); event.dataTransfer.effectAllowed = "move"; });
  order.addEventListener("dragover", event => {
    if (!dragged) return;
    event.preventDefault();
    const over = event.target.closest("li");
    if (!over || over === dragged || over.parentElement !== order) return;
    const box = over.getBoundingClientRect();
    event.clientY > box.top + box.height / 2 ? over.after(dragged) : over.before(dragged);
  });
  order.addEventListener("dragend", () => { if (!dragged) return; dragged.classList.remove("dragged"); update(); say(dragged); dragged = null; });

  const update = () => {
    const chosen = [...order.children].map(item => boxes.get(item.dataset.id));
    // The form sends the ticked boxes as they stand in the page: so they stand in the order that was chosen.
    all.prepend(...chosen.map(row));
    const add = name => chosen.reduce((total, box) => total + Number(row(box).dataset[name]), 0);
    sum.textContent = words.words.replace("{articles}", chosen.length).replace("{words}", add("words").toLocaleString(document.documentElement.lang))
      .replace("{minutes}", Math.max(1, Math.round(add("words") / 200))).replace("{pages}", add("pages"));
    sum.hidden = !chosen.length;
  };
  all.addEventListener("change", event => {
    const box = event.target;
    box.checked ? order.append(entry(box)) : order.querySelector(`[data-id="${CSS.escape(box.value)}"]`)?.remove();
    update();
    box.focus();
  });
  const narrow = document.getElementById("narrow");
  narrow.parentElement.hidden = false;
  narrow.addEventListener("input", () => {
    const wanted = narrow.value.toLocaleLowerCase().split(/\s+/);
    for (const item of all.children) item.hidden = !wanted.every(word => item.dataset.text.toLocaleLowerCase().includes(word));
  });
  for (const box of boxes.values()) if (box.checked) order.append(entry(box));
  update();
})();
