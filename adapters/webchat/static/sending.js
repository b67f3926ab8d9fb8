// What the customer sends: shown at once, sent in order, one at a time, under an id of its own. The same id may be sent
// again and again: the server takes it once. Words not yet sent outlive a reload.

const TIMEOUT = 20000;
const UPLOAD_TIMEOUT = 120000;
const LATER = [408, 425, 429, 500, 502, 503, 504];

export class Sending {
  // `on`: change(item), gone(item), lost() when this browser no longer holds the chat.
  constructor(chat, on) {
    this.chat = chat;
    this.on = on;
    this.items = [];
    this.busy = false;
    this.key = `tepai-unsent:${chat}`;
  }

  restore() {
    for (const kept of this.kept()) {
      const item = { ...kept, state: "queued" };
      this.items.push(item);
      this.on.change(item);
    }
    this.pump();
  }

  // `what`: { text } or { text, press } or { file }.
  add(what) {
    const item = { id: newId(), at: Date.now() / 1000, text: "", ...what, state: "queued" };
    this.items.push(item);
    this.keep();
    this.on.change(item);
    this.retryAll();
    return item;
  }

  // What failed for want of a connection goes first again, in its order.
  retryAll() {
    for (const item of this.items) {
      if (item.state === "failed" && !item.final) this.queue(item);
    }
    this.pump();
  }

  retry(item) {
    this.queue(item);
    this.pump();
  }

  queue(item) {
    item.state = "queued";
    this.on.change(item);
  }

  // The log has it: nothing more to do.
  settle(id) {
    const item = this.items.find((each) => each.id === id);
    if (item) this.forget(item);
  }

  forget(item) {
    this.items = this.items.filter((each) => each !== item);
    this.keep();
    this.on.gone(item);
  }

  async pump() {
    if (this.busy) return;
    this.busy = true;
    let item;
    while ((item = this.items.find((each) => each.state === "queued"))) {
      await this.send(item);
      if (item.state === "failed" && !item.final) break;
    }
    this.busy = false;
  }

  async send(item) {
    item.state = "sending";
    this.on.change(item);
    const answer = await post(item, this.chat);
    if (!this.items.includes(item)) return;
    if (answer.status === 202) item.state = "sent";
    else if (answer.status === 401 || answer.status === 409) return this.on.lost();
    else if (answer.status === 429) return this.pause(item, answer.retryAfter);
    else this.fail(item, answer);
    this.keep();
    this.on.change(item);
  }

  async pause(item, seconds) {
    await new Promise((resume) => setTimeout(resume, 1000 * seconds));
    this.queue(item);
    this.pump();
  }

  fail(item, { status, code }) {
    item.state = "failed";
    item.final = status > 0 && !LATER.includes(status);
    item.reason = code;
  }

  keep() {
    const kept = this.items.filter((item) => !item.file && item.state !== "sent" && !item.final);
    try {
      sessionStorage.setItem(this.key, JSON.stringify(kept.map(({ id, at, text, press }) => ({ id, at, text, press }))));
    } catch {
      // Storage is full or forbidden: the words live as long as the page.
    }
  }

  kept() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) || "[]");
    } catch {
      return [];
    }
  }
}

async function post(item, chat) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), item.file ? UPLOAD_TIMEOUT : TIMEOUT);
  try {
    const answer = await fetch(item.file ? "/chat/files" : "/chat/messages", { ...request(item, chat), signal: abort.signal });
    const { error } = answer.ok ? {} : await answer.json().catch(() => ({}));
    return { status: answer.status, code: error, retryAfter: Number(answer.headers.get("Retry-After")) || 2 };
  } catch {
    return { status: 0 };
  } finally {
    clearTimeout(timer);
  }
}

function request({ id, text, press, file }, chat) {
  if (!file) {
    const said = press === undefined ? { text } : { press };
    return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ id, chat, ...said }) };
  }
  const form = new FormData();
  form.append("id", id);
  form.append("chat", chat);
  form.append("file", file, file.name || "file");
  return { method: "POST", body: form };
}

// randomUUID exists only on HTTPS and on this machine.
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
