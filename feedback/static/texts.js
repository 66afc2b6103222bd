// Counts the SMS that a text takes with its longest values while an administrator writes it, and
// puts a value into the field that was written in last. The server counts again when it is saved.
const said = document.currentScript.dataset;
const ONE = 160, SEVERAL = 153;
const basic = new Set(said.basic), extension = new Set(said.extension);
const size = (character) => (basic.has(character) ? 1 : extension.has(character) ? 2 : 0);
const places = (text) => Array.from(text).reduce((sum, character) => sum + size(character), 0);

// A character of two places never spans two parts.
function parts(text) {
  if (places(text) <= ONE) return 1;
  let count = 1, taken = 0;
  for (const character of text) {
    if (taken + size(character) > SEVERAL) {
      count += 1;
      taken = 0;
    }
    taken += size(character);
  }
  return count;
}

function watch(counter) {
  const language = counter.dataset.count, values = JSON.parse(counter.dataset.values);
  const { before, behind, words, cut } = counter.dataset;
  const get = (field) => document.getElementById("f-" + language + "_" + field);
  const plain = (field) => (field ? field.value.trim().split(/\s+/).join(" ") : "");
  const filled = (text) => text.replace(/\{([a-z_]+)\}/g, (whole, name) => values[name] ?? whole);
  const join = (...pieces) => pieces.filter(Boolean).join(" ");

  function tell(kind, facts) {
    counter.textContent = said[kind].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
    counter.dataset.kind = kind;
  }
  function count() {
    const head = plain(get("parts")), after = plain(get("after")), pointer = plain(get("pointer"));
    const strange = new Set(Array.from(head + after + pointer).filter((c) => !size(c)));
    if (strange.size) return tell("none", { characters: Array.from(strange).join(" ") });
    if (cut) return tell("room", { places: ONE - places(filled(join(head, cut, pointer))) - 1 });
    const whole = before + filled(join(head, words, after)) + behind, taken = parts(whole);
    return tell(["one", "two"][taken - 1] || "more", { places: places(whole), parts: taken });
  }
  const section = counter.closest("[data-language]");
  section.addEventListener("input", () => {
    section.querySelector("[data-stale]").hidden = false;
    count();
  });
  count();
}

let written = null;
document.addEventListener("focusin", (event) => {
  if (event.target.closest("[data-language]")) written = event.target;
});

function offer(value) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "insert", textContent: value.textContent });
  button.addEventListener("click", () => {
    const field = written || document.querySelector("[data-language] textarea");
    field.setRangeText(value.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  value.replaceWith(button);
}

document.querySelectorAll("[data-count]").forEach(watch);
document.querySelectorAll("[data-insert]").forEach(offer);
