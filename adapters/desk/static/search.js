// What is looked for stays out of the address, and is there again when one comes back from a line that was found.

const form = document.getElementById("seek");
const field = form.elements.q;
let asked = 0;

async function look(words, before = "") {
  const turn = ++asked;
  const answer = await fetch("/desk/search", { method: "POST", body: new URLSearchParams({ q: words, before }) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("found");
  if (turn !== asked) return;
  if (!found) return location.assign("/desk/search");
  document.getElementById("found").replaceChildren(...document.adoptNode(found).childNodes);
}

function remembered(words, before) {
  history.replaceState({ words, before }, "");
  return look(words, before);
}

addEventListener("submit", (event) => {
  if (event.target.method !== "post" || new URL(event.target.action).pathname !== "/desk/search") return;
  const { q, before } = event.target.elements;
  const words = q.value.trim();
  if (!words) return;
  event.preventDefault();
  remembered(words, before?.value ?? "").catch(() => event.target.submit());
  if (before) scrollTo(0, 0);
});

addEventListener("pageshow", () => {
  const { words, before } = history.state ?? {};
  if (!words) return;
  field.value = words;
  look(words, before).catch(() => {});
});

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  field.select();
});
