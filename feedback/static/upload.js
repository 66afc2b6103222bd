// Sends each chosen file by itself, in small pieces that are tried again where the line breaks, so
// that a form on a bad line carries words only. Without this the form sends the files as they are;
// a file that does not get through stays in the field and goes that way.
const PIECE = 65536, TRIES = 8;

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// As crypto.randomUUID, which old phones and plain http lack.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function send(file, headers, tell) {
  let at = 0, tries = 0;
  while (at < file.size) {
    let answer = null, said = {};
    try {
      answer = await fetch("/files", {
        method: "POST", body: file.slice(at, at + PIECE), headers: { ...headers, "X-Begins": at },
      });
      said = await answer.json();
    } catch {
      answer = null;
    }
    if (answer && answer.status === 422) return said.error;
    if (answer && answer.status < 500 && !answer.ok) throw new Error("refused");
    if (answer && answer.ok && said.received > at) {
      at = said.received;
      tries = 0;
      tell(Math.floor((100 * at) / file.size) + " %");
    } else {
      tries += 1;
      if (tries > TRIES) throw new Error("no line");
      await wait(Math.min(2 ** tries, 30) / 2);
      if (answer && answer.ok) at = said.received;
    }
  }
  return "";
}

function enhance(box) {
  const input = box.querySelector("input[type=file]"), form = input.form;
  const status = box.querySelector("[role=status]"), known = new Set();
  let running = 0, pressed = null;

  function hold(file, keep) {
    const rest = new DataTransfer();
    for (const each of input.files) if (each !== file) rest.items.add(each);
    if (keep) rest.items.add(file);
    input.files = rest.files;
  }

  async function take(file) {
    const row = document.createElement("p");
    const tell = (text) => { row.textContent = file.name + ": " + text; };
    status.append(row);
    tell("0 %");
    const headers = {
      "Content-Type": "application/octet-stream", "X-Upload": newId(), "X-Size": file.size,
      "X-CSRFToken": form.elements.csrf_token.value,
    };
    if (box.dataset.draft) headers["X-Draft"] = box.dataset.draft;
    running += 1;
    try {
      const error = await send(file, headers, tell);
      hold(file, false);
      tell(error || box.dataset.gone);
      row.classList.toggle("error", Boolean(error));
      if (!error && !form.elements.held) {
        const held = document.createElement("input");
        Object.assign(held, { type: "hidden", name: "held", value: "1" });
        form.append(held);
      }
    } catch {
      hold(file, true);
      row.remove();
    }
    running -= 1;
    if (!running && pressed) form.requestSubmit(pressed);
  }

  input.addEventListener("change", () => {
    for (const file of input.files) {
      if (file.size && !known.has(file)) {
        known.add(file);
        take(file);
      }
    }
  });
  form.addEventListener("submit", (event) => {
    if (!running) return;
    event.preventDefault();
    if (!pressed) status.append(box.dataset.waits);
    pressed = event.submitter;
  });
}

if (window.DataTransfer && HTMLFormElement.prototype.requestSubmit) {
  document.querySelectorAll("[data-draft]").forEach(enhance);
}
