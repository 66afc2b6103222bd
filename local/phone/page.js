// Keeps the phones' screens fresh and sends their forms without leaving the page.
// Everything here also works without it: each form is an ordinary one.
"use strict";
(() => {
  const body = document.body;
  const notice = document.getElementById("notice");
  const POLL_MS = 1200;
  let revision = body.dataset.revision;
  let lastField = null;
  let polling = false;

  document.documentElement.classList.add("scripted");

  const say = (text) => {
    notice.textContent = text || "";
    notice.hidden = !text;
  };

  const phones = () => [...document.querySelectorAll(".phone")];

  const toEnd = (list) => { list.scrollTop = list.scrollHeight; };

  // A screen that someone is answering on is not drawn over while it waits at the same step.
  const putUssd = (box, html) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const step = (node) => node.querySelector(".ussd-box")?.dataset.step;
    if (step(box) === step(fresh.content)) return;
    const had = box.contains(document.activeElement);
    box.replaceChildren(fresh.content);
    const input = box.querySelector('input[name="text"]');
    if (input && (had || box.dataset.asked)) input.focus();
    delete box.dataset.asked;
  };

  const draw = (state) => {
    const shown = phones();
    const same = shown.length === state.phones.length &&
      state.phones.every((phone, i) => phone.number === shown[i].dataset.number);
    if (!same) { location.reload(); return; }
    state.phones.forEach((phone, i) => {
      const list = shown[i].querySelector(".thread");
      if (list.dataset.drawn !== phone.thread) {
        const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
        list.innerHTML = phone.thread;
        list.dataset.drawn = phone.thread;
        if (atEnd) toEnd(list);
      }
      putUssd(shown[i].querySelector(".ussd"), phone.ussd);
    });
    document.getElementById("others").innerHTML = state.others;
    document.getElementById("faults").innerHTML = state.faults;
  };

  const poll = async () => {
    if (polling) return;
    polling = true;
    try {
      const query = new URLSearchParams({ lang: body.dataset.lang, after: revision });
      const answer = await fetch("/state.json?" + query);
      const state = await answer.json();
      if (String(state.revision) !== String(revision)) draw(state);
      revision = state.revision;
      if (notice.textContent === body.dataset.lost) say("");
    } catch {
      say(body.dataset.lost);
    } finally {
      polling = false;
    }
  };

  const send = async (form) => {
    const values = new URLSearchParams(new FormData(form));
    values.set("scripted", "1");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: values });
      const said = await answer.json();
      say(answer.ok ? "" : said.error);
      if (!answer.ok) return;
      if (form.matches(".write")) {
        form.querySelector("textarea").value = "";
        toEnd(form.closest(".phone").querySelector(".thread"));
      }
      if (form.matches(".dial")) form.closest(".phone").querySelector(".ussd").dataset.asked = "1";
      await poll();
    } catch {
      say(body.dataset.lost);
    } finally {
      button.disabled = false;
    }
  };

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-plain]")) return;
    event.preventDefault();
    send(event.target);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target.matches(".write textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".phone textarea, .phone input")) lastField = event.target;
  });

  // The keys type where one last wrote on this phone, else into an open USSD screen or the dial box.
  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]");
    if (!key) return;
    const phone = key.closest(".phone");
    const field = lastField && lastField.isConnected && phone.contains(lastField)
      ? lastField
      : phone.querySelector(".ussd input[name=text]") || phone.querySelector(".dial [name=code]");
    if (field.value.length < field.maxLength) field.value += key.dataset.key;
  });

  phones().forEach((phone) => toEnd(phone.querySelector(".thread")));
  setInterval(() => { if (!document.hidden) poll(); }, POLL_MS);
})();
