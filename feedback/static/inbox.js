// Answers within a list: a row unfolds into the citizen's words and the form, and once it is sent the
// next row is in hand. Builds on desk.js; without either the row's link leads to the case.
async function unfold(link) {
  const row = link.closest("tr"), open = one(".answering");
  if (open) {
    const same = open.previousElementSibling === row;
    await Promise.all([...dirty.keys()].map(save));
    if (dirty.size) return;
    fold(open);
    if (same) return;
  }
  try {
    const answer = await send(link.href);
    const page = await parsed(answer);
    if (atLogin(answer) || !one("#answer", page)) return location.assign(link.href);
    const fresh = made("tr", { className: "answering", role: "row" });
    fresh.append(made("td", { colSpan: row.cells.length, role: "cell" }));
    row.after(fresh);
    link.setAttribute("aria-expanded", "true");
    put(fresh, page, false);
    one("textarea", fresh).focus();
    ask();
  } catch {
    location.assign(link.href);
  }
}

function fold(row) {
  one("[data-answer]", row.previousElementSibling).setAttribute("aria-expanded", "false");
  row.remove();
}

function put(row, page, done) {
  const cell = row.cells[0], before = row.previousElementSibling;
  const said = all("main > .notice", page).filter((each) => !one("form", each));
  if (!done) {
    cell.replaceChildren(...said, ...all("[data-here], #wanted, #answer", page));
    const form = one("#answer", cell); // none where the case can be answered no more
    if (form) form.open = true;
    return look(cell);
  }
  cell.replaceChildren(...said);
  row.classList.replace("answering", "answered-now");
  one("[data-answer]", before).remove();
  const next = all("[data-answer]").find((each) => row.compareDocumentPosition(each) & 4);
  if (next) next.focus();
  else look(cell);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-answer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  unfold(link);
});

function step(by) {
  const links = all("tbody th a"), row = document.activeElement.closest("tr:not(.answering)");
  const at = row ? links.findIndex((each) => row.contains(each)) : by > 0 ? -1 : links.length;
  const link = links[Math.min(Math.max(at + by, 0), links.length - 1)];
  if (link) link.focus();
}

document.addEventListener("keydown", (event) => {
  if (!heeded(event) || !(event.key === "n" || event.key === "p")) return;
  event.preventDefault();
  step(event.key === "n" ? 1 : -1);
});
