// Shows colleagues that this page is open, and the reader what they chose to be: online, away or offline.

const EVERY = 30_000;
const presence = document.getElementById("presence");
const banner = document.getElementById("signed-out");

export async function post(path, body = {}) {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

function show(availability) {
  const dot = presence.querySelector("summary .dot");
  for (const button of presence.querySelectorAll("button")) {
    const chosen = button.value === availability;
    button.setAttribute("aria-pressed", String(chosen));
    if (chosen) presence.querySelector("summary .value").textContent = button.dataset.word;
  }
  dot.dataset.availability = availability;
}

// Only a banner: what is being written must stay, and goes on being there after signing in in another tab.
async function take(answer) {
  banner.hidden = answer.status !== 401;
  if (answer.ok) show((await answer.json()).availability);
}

async function alive() {
  try {
    await take(await post("/desk/api/alive"));
  } catch {
    // Away: the next beat is already planned.
  }
}

presence.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const availability = event.submitter.value;
  try {
    await take(await post("/desk/api/availability", { availability }));
    presence.open = false;
    presence.querySelector("summary").focus();
  } catch {
    // Away: what is shown is still what holds.
  }
});
document.addEventListener("visibilitychange", () => document.hidden || alive());
setInterval(alive, EVERY);
alive();
