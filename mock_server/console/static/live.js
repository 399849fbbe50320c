// The list of requests and the state, as they change.

const AT_LEAST = 1000; // milliseconds from one update to the next, so that neither mock nor page is busy with them
const SHORT = 0.3; // seconds; a request that has ended before is not shown as under way, which would flicker
const FEW = 3; // rows; more are not animated

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const seen = new IntersectionObserver(come);

export function follow(rows) {
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

  // One request at a time, however much happens meanwhile, and none while nobody can see the page.
  async function update() {
    due = true;
    if (busy) return;
    busy = true;
    while (due && !paused && !document.hidden) {
      due = false;
      const pause = new Promise((after) => setTimeout(after, AT_LEAST));
      try {
        await fetchNews();
      } catch { /* the event stream shows that the mock is gone */ }
      await pause;
    }
    busy = false;
  }

  async function fetchNews() {
    const answer = await fetch(`/console/news?after=${last}`);
    if (!answer.ok || paused) return;
    const fresh = parsed(await answer.text());
    for (const one of fresh.querySelectorAll("#under-way > *")) if (one.dataset.seconds < SHORT) one.remove();
    change(fresh, "unread", "switches", "mode", "under-way");
    add([...fresh.querySelector("#rows").children]);
  }

  function add(items) {
    const added = items.filter((item) => item.matches(".row"));
    if (added.length === 0) return;
    if (Number(added.at(-1).dataset.id) <= last) rows.replaceChildren(); // the mock was restarted
    last = Number(added[0].dataset.id);
    if (added.length <= FEW) added.forEach((row) => row.classList.add("new"));
    document.querySelector("#nothing").hidden = true;
    document.querySelector("#news").textContent = added[0].querySelector(".cover").ariaLabel;
    items.forEach(inOwnTime);
    const gap = items.find((item) => item.matches(".gap"));
    if (gap && isUnread(rows)) {
      gap.dataset.after = 0;
      rows.replaceChildren();
    }
    rows.prepend(...items);
    while (rows.children.length > Number(rows.dataset.maxEntries)) rows.lastElementChild.remove();
    items.forEach(watch);
    rows.dispatchEvent(new Event("changed"));
  }

  document.addEventListener("visibilitychange", update);
  const events = new EventSource("/console/changes");
  events.addEventListener("message", update);
  events.addEventListener("open", () => { live.textContent = "live"; live.classList.remove("lost"); });
  events.addEventListener("error", () => { live.textContent = "not connected"; live.classList.add("lost"); });
}

// Images and older rows are loaded when they come into view, so that those that nobody sees cost nothing.
export function watch(part) {
  const found = [...part.querySelectorAll("img[data-src]")];
  for (const one of part.matches?.(".gap") ? [part, ...found] : [...part.querySelectorAll(".gap"), ...found]) seen.observe(one);
}

function come(entries) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    if (target.matches("img")) load(target);
    else fill(target);
  }
}

function load(image) {
  image.addEventListener("error", () => {
    const missing = document.createElement("span");
    missing.className = "missing";
    missing.textContent = "no image";
    image.replaceWith(missing);
  });
  image.src = image.dataset.src;
}

export async function fill(gap) {
  const { after, before } = gap.dataset;
  try {
    const answer = await fetch(`/console/rows?after=${after}&before=${before}`);
    if (!answer.ok || !gap.isConnected) return;
    const items = [...parsed(await answer.text()).children];
    const held = gap.contains(document.activeElement);
    const rows = gap.parentElement;
    items.forEach(inOwnTime);
    gap.replaceWith(...items);
    items.forEach(watch);
    if (held) items[0]?.querySelector(".cover, button")?.focus();
    rows.dispatchEvent(new Event("changed"));
  } catch { /* its button tries again */ }
}

export function parsed(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

export function change(page, ...ids) {
  for (const id of ids) changePart(document.getElementById(id), page.getElementById(id));
}

function changePart(part, fresh) {
  const said = (node) => node.textContent.replace(/\s+/g, " ").trim();
  if (said(fresh) === said(part)) return;
  const held = part.contains(document.activeElement);
  part.replaceChildren(...fresh.childNodes);
  if (held) (part.querySelector("button") ?? document.querySelector("#behave [name=scenario]")).focus();
}

// Whether nobody reads further down, so that many new rows may replace those that are shown.
function isUnread(rows) {
  const first = rows.firstElementChild;
  const scrolled = rows.scrollTop > 0 || (first && first.getBoundingClientRect().bottom < 0);
  return !scrolled && !rows.contains(document.activeElement);
}

export function inOwnTime(part) {
  for (const time of part.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.textContent = CLOCK.format(at);
    time.title = DATE.format(at);
  }
}
