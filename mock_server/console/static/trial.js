// The form to try a request.

export function trial(form) {
  const body = form.querySelector(".body");
  const outcome = form.querySelector(".outcome");
  const fields = form.querySelectorAll("[data-pointer]");
  const value = () => { try { return JSON.parse(body.value); } catch { return undefined; } };

  for (const field of fields) {
    field.addEventListener("input", () => {
      const { pointer, kind } = field.dataset;
      try {
        body.value = JSON.stringify(placed(JSON.parse(body.value), pointer, read(field.value, kind)), null, 2);
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
    outcome.textContent = "Waiting for the response…";
    delete outcome.dataset.mood;
    outcome.scrollIntoView({ block: "nearest" });
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
    outcome.scrollIntoView({ block: "nearest" });
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
