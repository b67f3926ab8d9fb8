// Keeps the page fresh without a flicker: it is fetched again, and only what reads differently is exchanged, row by row.

const EVERY = 5000;
const LISTS = ["parts", "dead"];
const fresh = document.querySelector("#fresh");
let timer = 0;

const byKey = (list) => new Map([...list.children].map((child) => [child.dataset.key, child]));

function exchange(list, newer) {
  const old = byKey(list);
  const found = [...newer.children].map((child) => {
    const there = old.get(child.dataset.key);
    // What somebody is using stays as it is until they are done.
    if (there && (there.isEqualNode(child) || there.contains(document.activeElement) || there.querySelector("details[open]"))) return there;
    return document.adoptNode(child);
  });
  const same = found.length === list.children.length && found.every((child, place) => child === list.children[place]);
  if (!same) list.replaceChildren(...found);
}

function say(word) {
  if (fresh.textContent !== word) fresh.textContent = word;
}

async function refresh() {
  try {
    const response = await fetch("/desk/health", { headers: { Accept: "text/html" }, redirect: "manual" });
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const id of LISTS) exchange(document.getElementById(id), page.getElementById(id));
    say(fresh.dataset.live);
  } catch {
    say(fresh.dataset.stale);
  }
}

function plan() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(async () => {
    await refresh();
    plan();
  }, EVERY);
}

document.addEventListener("visibilitychange", async () => {
  if (!document.hidden) await refresh();
  plan();
});
say(fresh.dataset.live);
plan();
