"use strict";
const rules = [...document.querySelectorAll(".rule")];
const form = document.querySelector(".filter");  // none on a page without rules
const search = document.querySelector("#search");
const boxes = [...document.querySelectorAll(".filter [type=checkbox]")];
const texts = new Map();

const text = (rule) => {
  if (!texts.has(rule)) texts.set(rule, rule.textContent.toLowerCase());
  return texts.get(rule);
};

const show = () => {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const states = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let shown = 0;
  for (const rule of rules) {
    const fits = rule.dataset.states.split(" ").some((state) => states.has(state))
      && wanted.every((word) => text(rule).includes(word));
    rule.hidden = !fits;
    shown += fits;
  }
  document.querySelector("#shown").textContent = `${shown} of ${rules.length} rules`;
};

const move = (step) => {
  const shown = rules.filter((rule) => !rule.hidden);
  const at = shown.indexOf(document.activeElement?.closest?.(".rule"));
  const next = shown[at < 0 ? (step > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + step, 0), shown.length - 1)];
  next?.querySelector("summary").focus();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target === search) {
    if (event.key === "Escape") { search.value = ""; show(); search.blur(); }
    if (event.key === "Enter") { event.preventDefault(); search.blur(); move(1); }
    return;
  }
  const keys = {
    "/": () => search?.focus(),
    j: () => move(1),
    k: () => move(-1),
    o: () => { const rule = document.activeElement?.closest?.(".rule"); if (rule) rule.open = !rule.open; },
  };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});

for (const button of document.querySelectorAll(".copy button")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {  // a page that is opened as a file may not be allowed to: what is selected can be copied by hand
      getSelection().selectAllChildren(code);
      button.textContent = "selected";
    }
  });
}

const openLinked = () => {
  const rule = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (rule?.matches(".rule")) { rule.hidden = false; rule.open = true; rule.scrollIntoView(); }
};
addEventListener("hashchange", openLinked);
if (form) {
  const passed = boxes.find((box) => box.value === "pass");
  if (passed && boxes.some((box) => /fail|warn/.test(box.value))) passed.checked = false;
  form.addEventListener("input", show);
  form.hidden = false;
  show();
}
openLinked();
