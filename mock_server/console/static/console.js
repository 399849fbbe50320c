// What is live on the console. Everything else works without it.
"use strict";

const rows = document.querySelector("#rows");

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}

if (rows) {
  follow(rows);
  filterBy(document.querySelector("#filter"), rows);
}
tabs(document.querySelector("#tabs"));
document.querySelectorAll("form.try").forEach(trial);

function follow(list) {
  const most = 1000;
  const live = document.querySelector("#live");
  const pause = document.querySelector("#pause");
  let last = Number(list.dataset.last);
  let fetching = Promise.resolve();
  live.hidden = pause.hidden = false;

  const paused = () => pause.getAttribute("aria-pressed") === "true";
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!paused()));
    pause.textContent = paused() ? "Go on" : "Pause";
    if (!paused()) update();
  });

  function update() {
    fetching = fetching.then(async () => {
      if (paused()) return;
      const answer = await fetch(`/console/rows?after=${last}`);
      if (!answer.ok) return;
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      for (const row of fresh.content.children) {
        row.classList.add("new");
        last = Math.max(last, Number(row.dataset.number));
      }
      document.querySelector("#nothing").hidden = list.children.length + fresh.content.children.length > 0;
      list.prepend(fresh.content);
      while (list.children.length > most) list.lastElementChild.remove();
      list.dispatchEvent(new Event("changed"));
    }).catch(() => {});
  }

  const events = new EventSource("/_mock/events");
  events.addEventListener("message", update);
  events.addEventListener("open", () => { live.textContent = "live"; live.classList.remove("lost"); update(); });
  events.addEventListener("error", () => { live.textContent = "not connected"; live.classList.add("lost"); });
}

function filterBy(input, list) {
  input.hidden = false;
  const show = () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of list.children) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  };
  input.addEventListener("input", show);
  list.addEventListener("changed", show);
}

function tabs(bar) {
  if (!bar) return;
  bar.hidden = false;
  const all = [...bar.children];
  const choose = (tab) => {
    for (const one of all) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = one !== tab;
    }
    tab.focus();
  };
  bar.addEventListener("click", (event) => { if (all.includes(event.target)) choose(event.target); });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) choose(all[(all.indexOf(document.activeElement) + step + all.length) % all.length]);
  });
}

function trial(form) {
  const body = form.querySelector(".body");
  const outcome = form.querySelector(".outcome");
  form.addEventListener("input", (event) => {
    const { pointer, kind } = event.target.dataset;
    if (!pointer) return;
    try {
      body.value = JSON.stringify(placed(JSON.parse(body.value), pointer, read(event.target.value, kind)), null, 2);
      outcome.textContent = "";
    } catch (error) {
      outcome.textContent = `The body is no JSON: ${error.message}`;
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    outcome.textContent = "…";
    const began = performance.now();
    try {
      const answer = await fetch(form.dataset.base + form.dataset.address, {
        method: form.dataset.method,
        headers: { "Authorization": `Bearer ${form.dataset.token}`, "Content-Type": "application/json" },
        body: body.value,
      });
      const text = await answer.text();
      show(outcome, answer.status, Math.round(performance.now() - began), text, JSON.parse(form.dataset.images));
    } catch (error) {
      outcome.textContent = `No answer: ${error.message}`;
    }
  });
}

function read(text, kind) {
  if (text === "") return undefined;
  if (kind === "boolean") return text === "true";
  if (kind === "string") return text;
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function placed(value, pointer, leaf) {
  const path = pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const name = path.pop();
  let holder = value;
  path.forEach((step, index) => {
    holder[step] ??= /^\d+$/.test(path[index + 1] ?? name) ? [] : {};
    holder = holder[step];
  });
  if (leaf === undefined) delete holder[name];
  else holder[name] = leaf;
  return value;
}

function at(value, pointer) {
  return pointer.split("/").slice(1).reduce((found, step) => found?.[step], value);
}

function show(outcome, status, milliseconds, text, images) {
  const line = document.createElement("p");
  line.textContent = `${status} in ${milliseconds} ms`;
  outcome.replaceChildren(line);
  let answer;
  try { answer = JSON.parse(text); } catch { /* shown as text */ }
  const gallery = document.createElement("div");
  gallery.className = "gallery";
  for (const item of (status === 200 && at(answer, images.pointer)) || []) {
    for (const { key, inline } of images.carriers) {
      if (!item[key]) continue;
      const image = document.createElement("img");
      image.src = inline ? `data:image/png;base64,${item[key]}` : item[key];
      image.alt = "";
      gallery.append(image);
    }
  }
  const raw = document.createElement("pre");
  raw.tabIndex = 0;
  raw.textContent = answer === undefined ? text : JSON.stringify(answer, (_, value) => (typeof value === "string" && value.length > 500 ? `${value.slice(0, 60)}… (${value.length} characters)` : value), 2);
  outcome.append(gallery, raw);
}
