// Makes the desk smoother; everything works without it. It sends the forms of a case and puts the
// answer into the page, saves drafts while somebody writes, tells who else is on the case, and
// listens to keys. What is typed stays where it is until the server has it, and is kept nowhere in
// the browser, which others use as well. inbox.js builds on it.
const AFTER = 2500, EVERY = 20000, AGAIN = 10000, PATIENCE = 30000;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
const texts = one("#desk-texts").dataset;
const dirty = new Map(); // forms with words that the server does not have yet: the timer of each
const saving = new Map(); // forms whose draft is on its way

// Sending

const SCRIPT = { Accept: "application/json" };

async function send(address, body, headers = {}) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    // Kept alive, a draft reaches the server though its page is left meanwhile.
    const keepalive = headers === SCRIPT;
    return await fetch(address, { method: body ? "POST" : "GET", body, headers, keepalive, signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

const atLogin = (answer) => new URL(answer.url).pathname.startsWith("/staff/login");
const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
const made = (name, facts) => Object.assign(document.createElement(name), facts);

function say(form, words, link) {
  let line = one("[data-said]", form);
  if (!line) {
    form.append(line = made("p", { className: "hint", role: "status" }));
    line.dataset.said = "";
  }
  line.textContent = words;
  if (link) line.append(" ", made("a", { href: link, textContent: texts.login }));
}

function fieldsOf(form, button) {
  const data = new FormData(form);
  if (button && button.name) data.append(button.name, button.value);
  return data;
}

async function act(form, button) {
  const row = form.closest(".answering");
  const address = (button && button.getAttribute("formaction")) || form.getAttribute("action");
  const pressed = all("button", form).filter((each) => !each.disabled);
  const hold = (on) => {
    form.toggleAttribute("data-sending", on);
    pressed.forEach((each) => { each.disabled = on; });
    all("textarea", form).forEach((each) => { each.readOnly = on; });
  };
  say(form, texts.sending);
  const fields = fieldsOf(form, button);
  hold(true);
  try {
    clearTimeout(dirty.get(form));
    await Promise.all([saving.get(form), ...[...dirty.keys()].filter((e) => e !== form).map(save)]);
    const answer = await send(address, fields);
    if (atLogin(answer)) return ended(form, answer);
    const page = await parsed(answer);
    if (!answer.redirected && !one("[data-here]", page)) {
      return say(form, (one("main .lead", page) || {}).textContent || texts.failed);
    }
    settled(form);
    if (row) return put(row, page, answer.redirected);
    show(page, answer.redirected && answer.url, (form.closest("details") || {}).id);
  } catch {
    say(form, texts.offline);
    touch(form, AGAIN);
  } finally {
    hold(false);
  }
}

// The session is over. The server put the words aside where it could; then the login leads back to
// them. Where it could not, they stay here, and the login opens beside.
function ended(form, answer) {
  const target = new URL(answer.url).searchParams.get("next") || "";
  if (!target.includes("kept=1")) return say(form, texts.ended, answer.url);
  dirty.clear();
  location.assign(answer.url);
}

function show(page, address, verb) {
  const typed = new Map(all("main textarea").filter((e) => dirty.has(e.form)).map((e) => [e.id, e.value]));
  const top = window.scrollY;
  for (const form of dirty.keys()) settled(form);
  one("#main").replaceChildren(...one("#main", page).childNodes);
  document.title = page.title;
  if (address) history.replaceState(null, "", address);
  for (const [id, words] of typed) {
    const field = document.getElementById(id);
    if (field && field.value !== words) {
      field.value = words;
      touch(field.form, AFTER);
    }
  }
  window.scrollTo(0, top);
  prepare();
  if (!look(one("main")) && !address) open(verb);
}

// To what went wrong, beside its field if it has one, else to what was done.
function look(within) {
  const said = all("[aria-invalid=true], .notice.error, .notice.warning, .notice.success", within);
  // What the server wants looked at first; else what was said, a directive with its form aside.
  const found = one("[autofocus]", within) || said.find((each) => !one("form", each));
  if (!found) return false;
  if (!found.matches("textarea, input, select")) found.tabIndex = -1;
  found.focus();
  return true;
}

// Drafts

function settled(form) {
  clearTimeout(dirty.get(form));
  dirty.delete(form);
}

function touch(form, wait) {
  if (!one("[name=keep]", form)) return;
  clearTimeout(dirty.get(form));
  dirty.set(form, setTimeout(() => save(form), wait));
}

function save(form) {
  clearTimeout(dirty.get(form));
  // A draft that arrived behind the words themselves would stay.
  if (form.hasAttribute("data-sending")) return null;
  if (!saving.has(form)) saving.set(form, keep(form).finally(() => saving.delete(form)));
  return saving.get(form);
}

async function keep(form) {
  const button = one("[name=keep]", form);
  const words = form.elements.body.value;
  try {
    const answer = await send(button.formAction, fieldsOf(form, button), SCRIPT);
    if (atLogin(answer)) {
      const kept = answer.url.includes(encodeURIComponent("kept=1"));
      if (kept) settled(form);
      say(form, kept ? texts.kept : texts.ended, answer.url);
    } else if (answer.status === 403 || answer.status === 404) {
      say(form, texts.failed); // not this officer's to write any more: trying again is of no use
    } else {
      taken(form, await answer.json(), words);
    }
    delete form.dataset.failing;
  } catch {
    form.dataset.failing = "yes";
    say(form, texts.unsaved);
    if (dirty.has(form)) touch(form, AGAIN);
  }
}

function taken(form, said, words) {
  say(form, said.error || said.said);
  if (said.draft !== undefined) form.elements.draft.value = said.draft;
  if (said.token) all("[name=csrf_token]").forEach((each) => { each.value = said.token; });
  if (said.words !== undefined) {
    form.elements.body.after(made("div", { className: "words beside", textContent: said.words }));
  }
  if (form.elements.body.value === words) settled(form);
  else touch(form, AFTER);
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.elements.seen) touch(form, AFTER);
});
document.addEventListener("focusout", (event) => {
  const form = event.target.form, to = event.relatedTarget;
  if (dirty.has(form) && !(to && to.form === form)) save(form);
});
window.addEventListener("online", () => [...dirty.keys()].forEach(save));
window.addEventListener("beforeunload", (event) => {
  const left = [...dirty.keys()];
  left.forEach(save);
  if (left.some((form) => form.dataset.failing)) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.elements.seen) return;
  event.preventDefault();
  if (event.submitter && event.submitter.name === "keep") save(form);
  else act(form, event.submitter);
});

// Who else is here

function told(form, line) {
  form.append("seen", line.dataset.seen);
  form.append("csrf_token", line.dataset.token);
  return form;
}

async function ask() {
  const line = one("[data-here]");
  if (!line || document.visibilityState === "hidden") return;
  try {
    const answer = await send(line.dataset.here, told(new FormData(), line), SCRIPT);
    const said = await answer.json(), words = said.others + said.changed;
    if (line.dataset.words === words) return; // told once is enough, to who listens as well
    line.dataset.words = words;
    line.textContent = said.others;
    if (said.changed) {
      line.append(" ", said.changed, " ", made("a", { href: location.href, textContent: texts.fresh }));
    }
  } catch {
    // No line, or nobody is logged in: that is said where somebody writes.
  }
}

setInterval(ask, EVERY);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") [...dirty.keys()].forEach(save);
  else ask();
});
window.addEventListener("pagehide", () => {
  const line = one("[data-here]"), data = new FormData();
  if (!line) return;
  data.append("left", "1");
  navigator.sendBeacon(line.dataset.here, told(data, line));
});

// Keys, and links to forms of this page

function open(verb) {
  const box = document.getElementById(verb);
  if (!box) return false;
  box.open = true;
  const field = one("textarea", box) || one("select, input:not([type=hidden])", box);
  (field || one("summary", box)).focus();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens], [data-keys]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches("[data-keys]")) one("dialog.keys").showModal();
  else if (open(link.dataset.opens)) event.preventDefault();
});

const WRITING = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, dialog *";

function heeded(event) {
  const held = event.ctrlKey || event.altKey || event.metaKey || event.repeat;
  return !held && !event.target.closest(WRITING) && localStorage.getItem("keys") !== "off";
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && event.target.matches("textarea")) {
    event.target.form.requestSubmit();
    return;
  }
  if (!heeded(event)) return;
  const row = event.target.closest("tr") || document;
  const key = `[data-key="${CSS.escape(event.key)}"]`, found = one(key, row) || one(key);
  if (event.key === "?") one("dialog.keys").showModal();
  else if (found) found.click();
  else return;
  event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-on]")) localStorage.setItem("keys", event.target.checked ? "on" : "off");
});

function prepare() {
  const line = one(".keys-line");
  if (line) line.hidden = false;
  const on = one("[data-keys-on]");
  if (on) on.checked = localStorage.getItem("keys") !== "off";
}

prepare();
ask();
