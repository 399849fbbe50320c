// Live parts of the console. Everything except the form to try works without this script.

import { change, fill, follow, inOwnTime, parsed, watch } from "./live.js";
import { trial } from "./trial.js";

inOwnTime(document);
document.querySelectorAll(".copy").forEach(copying);
document.querySelectorAll("form.try").forEach(trial);
document.querySelectorAll(".pick").forEach(picking);
const list = document.querySelector("#rows");
if (list) {
  document.querySelector("#trials").hidden = false;
  tabs([...document.querySelectorAll("#tabs [role=tab]")]);
  filterBy(document.querySelector("#filter"), list);
  list.addEventListener("click", ({ target }) => { if (target.closest(".gap")) fill(target.closest(".gap")); });
  watch(list);
  addEventListener("submit", inPlace);
  follow(list);
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

function picking(button) {
  const field = button.form.elements.scenario;
  button.hidden = false;
  button.addEventListener("click", () => {
    field.value = button.dataset.scenario;
    field.focus();
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
  rows.dispatchEvent(new Event("changed"));
}

function filterBy(input, rows) {
  input.hidden = false;
  let active = false;
  const show = () => {
    const sought = input.value.trim().toLowerCase();
    if (!sought && !active) return;
    active = Boolean(sought);
    let shown = 0;
    const all = rows.querySelectorAll(".row");
    for (const row of all) {
      row.hidden = !row.textContent.toLowerCase().includes(sought);
      shown += row.hidden ? 0 : 1;
    }
    document.querySelector("#unmatched").hidden = shown > 0 || all.length === 0;
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

