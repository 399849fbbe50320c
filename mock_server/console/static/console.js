// Live parts of the console. Everything except the form to try works without this script.
"use strict";

inOwnTime(document);
document.querySelectorAll(".copy").forEach(copying);
document.querySelectorAll("form.try").forEach(trial);
const list = document.querySelector("#rows");
if (list) {
  document.querySelector("#trials").hidden = false;
  tabs([...document.querySelectorAll("#tabs [role=tab]")]);
  filterBy(document.querySelector("#filter"), list);
  addEventListener("submit", inPlace);
  follow(list);
}

function inOwnTime(part) {
  for (const time of part.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.textContent = at.toLocaleTimeString();
    time.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  }
}

function copying(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      saying(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code); // without TLS, pages on other machines must not use the clipboard
      saying(button, "Selected");
    }
  });
}

function saying(button, text) {
  const said = button.dataset.says ??= button.textContent;
  button.textContent = text;
  setTimeout(() => { button.textContent = said; }, 1500);
}

// Submits forms without reloading the page, so that other input and the scroll position stay.
async function inPlace(event) {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const problem = document.querySelector("#problem");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const fresh = parsed(await answer.text());
    change(fresh, "problem", "switches", "mode");
    if (!answer.ok) return problem.scrollIntoView({ block: "nearest" });
    if (form.elements.scenario) form.reset();
    if (form.closest("#requests")) empty(document.querySelector("#rows"));
    saying(event.submitter, "Done");
  } catch {
    problem.innerHTML = '<p class="problem" role="alert">The mock does not respond. Was it stopped?</p>';
    problem.scrollIntoView({ block: "nearest" });
  }
}

function empty(rows) {
  rows.replaceChildren();
  document.querySelector("#nothing").hidden = false;
  document.querySelector("#older")?.remove();
  rows.dispatchEvent(new Event("changed"));
}

function follow(rows) {
  const live = document.querySelector("#live");
  const pause = document.querySelector("#pause");
  let last = Number(rows.dataset.last);
  let paused = false;
  let due = false;
  let busy = false;
  live.hidden = pause.hidden = false;

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Resume" : "Pause";
    if (!paused) update();
  });

  // One request at a time, however many events arrive meanwhile, until there is nothing new.
  async function update() {
    due = true;
    if (busy) return;
    busy = true;
    try {
      while (due && !paused) {
        due = false;
        due = await fetchNew() || due;
        if (!due) await refresh("/console/state", "unread", "switches", "mode", "under-way");
      }
    } catch { /* the event stream shows that the mock is gone */ }
    busy = false;
  }

  async function fetchNew() {
    const answer = await fetch(`/console/rows?after=${last}`);
    if (!answer.ok) return false;
    const fresh = parsed(await answer.text());
    const added = [...fresh.children];
    if (added.length === 0 || paused) return false;
    const ids = added.map((row) => Number(row.dataset.id));
    if (Math.min(...ids) <= last) rows.replaceChildren(); // the mock was restarted
    last = Math.max(...ids);
    added.forEach((row) => row.classList.add("new"));
    inOwnTime(fresh);
    document.querySelector("#nothing").hidden = true;
    document.querySelector("#news").textContent = added[0].querySelector(".cover").ariaLabel;
    rows.prepend(fresh);
    while (rows.children.length > Number(rows.dataset.maxEntries)) rows.lastElementChild.remove();
    rows.dispatchEvent(new Event("changed"));
    return true;
  }

  // No event tells that a request has begun: most end before anybody could look.
  setInterval(async () => {
    if (paused || busy || document.hidden) return;
    try {
      await refresh("/console/state", "under-way");
    } catch { /* the event stream shows that the mock is gone */ }
  }, 1000);

  const events = new EventSource("/_mock/events");
  events.addEventListener("message", update);
  events.addEventListener("open", () => { live.textContent = "live"; live.classList.remove("lost"); update(); });
  events.addEventListener("error", () => { live.textContent = "not connected"; live.classList.add("lost"); });
}

function parsed(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

async function refresh(address, ...ids) {
  const answer = await fetch(address);
  if (answer.ok) change(parsed(await answer.text()), ...ids);
}

function change(page, ...ids) {
  for (const id of ids) changePart(document.getElementById(id), page.getElementById(id));
}

function changePart(part, fresh) {
  const said = (node) => node.textContent.replace(/\s+/g, " ").trim();
  if (said(fresh) === said(part)) return;
  const held = part.contains(document.activeElement);
  part.replaceChildren(...fresh.childNodes);
  if (held) (part.querySelector("button") ?? document.querySelector("#behave [name=scenario]")).focus();
}

function filterBy(input, rows) {
  input.hidden = false;
  const show = () => {
    const sought = input.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows.children) {
      row.hidden = !row.textContent.toLowerCase().includes(sought);
      shown += row.hidden ? 0 : 1;
    }
    document.querySelector("#unmatched").hidden = shown > 0 || rows.children.length === 0;
  };
  input.addEventListener("input", show);
  rows.addEventListener("changed", show);
}

function tabs(all) {
  const choose = (tab) => {
    for (const one of all) {
      one.ariaSelected = String(one === tab);
      one.tabIndex = one === tab ? 0 : -1;
      document.getElementById(one.getAttribute("aria-controls")).hidden = one !== tab;
    }
    tab.focus();
  };
  all.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: all.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(all[(to + all.length) % all.length]);
    });
  });
}

function trial(form) {
  const body = form.querySelector(".body");
  const outcome = form.querySelector(".outcome");
  const fields = form.querySelectorAll("[data-pointer]");
  const value = () => { try { return JSON.parse(body.value); } catch { return undefined; } };

  for (const field of fields) {
    field.addEventListener("input", () => {
      const { pointer, kind } = field.dataset;
      try {
        body.value = compact(placed(JSON.parse(body.value), pointer, read(field.value, kind)));
        outcome.textContent = "";
      } catch (error) {
        outcome.textContent = `The request body has no place for this: ${error.message}`;
      }
    });
  }
  body.addEventListener("input", () => {
    const whole = value();
    if (whole === undefined) return;
    for (const field of fields) {
      const given = at(whole, field.dataset.pointer);
      field.value = given === undefined ? "" : typeof given === "string" ? given : JSON.stringify(given);
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    outcome.textContent = "…";
    const headers = { "Content-Type": "application/json" };
    const token = form.querySelector(".token").value;
    const scenario = form.querySelector(".scenario").value;
    if (token) headers.Authorization = `Bearer ${token}`;
    if (scenario) headers["X-Mock-Scenario"] = scenario;
    const began = performance.now();
    const took = () => `${Math.round(performance.now() - began)} ms`;
    try {
      const { address, method, images } = form.dataset;
      const answer = await fetch(address, { method, headers, body: body.value });
      const status = answer.status;
      try {
        show(outcome, `${status} in ${took()}`, status, await answer.text(), JSON.parse(images));
      } catch (error) {
        outcome.textContent = `${status}, response incomplete after ${took()}: ${error.message}`;
        outcome.dataset.mood = "broken";
      }
    } catch (error) {
      outcome.textContent = `No response within ${took()}: ${error.message}`;
      outcome.dataset.mood = "broken";
    }
  });
}

function read(text, kind) {
  if (text === "") return undefined;
  if (kind === "boolean") return text === "true";
  if (kind === "string") return text;
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

function steps(pointer) {
  return pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function at(value, pointer) {
  return steps(pointer).reduce((found, step) => found?.[step], value);
}

function placed(value, pointer, leaf) {
  const path = steps(pointer);
  const name = path.pop();
  let holder = value;
  for (const [index, step] of path.entries()) {
    if (holder[step] === undefined && leaf === undefined) return value;
    holder[step] ??= /^\d+$/.test(path[index + 1] ?? name) ? [] : {};
    holder = holder[step];
  }
  if (leaf === undefined) delete holder[name];
  else holder[name] = leaf;
  return value;
}

// One line per member, as in the page's first version.
function compact(value) {
  const members = Object.entries(value).map(([name, member]) => `  ${JSON.stringify(name)}: ${spaced(member)}`);
  return members.length ? `{\n${members.join(",\n")}\n}` : "{}";
}

function spaced(value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`).join(", ")}}`;
}

function show(outcome, said, status, text, images) {
  const line = document.createElement("p");
  line.className = "said";
  line.textContent = said;
  let answer;
  try { answer = JSON.parse(text); } catch { /* shown as text */ }
  outcome.dataset.mood = status >= 500 || answer === undefined ? "broken" : status >= 400 ? "refused" : "good";
  const raw = document.createElement("pre");
  raw.tabIndex = 0;
  raw.textContent = answer === undefined ? text || "The response is empty." : JSON.stringify(answer, shortened, 2);
  outcome.replaceChildren(line, gallery(answer, images), raw);
}

function gallery(answer, { pointer, carriers }) {
  const found = document.createElement("div");
  found.className = "gallery";
  const items = at(answer, pointer);
  for (const item of Array.isArray(items) ? items : []) {
    for (const { key, inline } of carriers) {
      const source = item?.[key];
      if (typeof source === "string" && source) found.append(picture(inline ? `data:image/png;base64,${source}` : source, found));
    }
  }
  return found;
}

function picture(source, gallery) {
  const image = document.createElement("img");
  image.alt = `Image ${gallery.children.length + 1}`;
  image.addEventListener("error", () => {
    const missing = document.createElement("p");
    missing.className = "empty";
    missing.textContent = `${image.alt} cannot be displayed`;
    image.replaceWith(missing);
  });
  image.src = source;
  return image;
}

function shortened(_, value) {
  const long = typeof value === "string" && value.length > 500;
  return long ? `${value.slice(0, 60)}… (${value.length} characters)` : value;
}
