// What this member of staff sends: shown at once, sent in order within a conversation, under an id of its own, again
// and again until the server has said that it took it. Until then it outlives a reload and the end of the session.

import { about, isLater, newId } from "./api.js";

const PAUSES = [1000, 2000, 4000, 8000, 15000];
const KEPT = "unsent";

export class Sending {
  // `on`: change(item), gone(item), newer(item) when the customer has said more than was on the screen.
  constructor(api, keeping, on) {
    Object.assign(this, { api, keeping, on });
    this.items = keeping.read(KEPT, []).map((item) => ({ ...item, state: "queued" }));
    this.busy = new Set();
  }

  of(conversation) {
    return this.items.filter((item) => item.c === conversation);
  }

  // `what`: { c, kind: "reply" or "note", text, files, seen, id? }.
  add(what) {
    const item = { id: newId(), at: Date.now() / 1000, files: [], ...what, state: "queued", tries: 0 };
    this.items.push(item);
    this.keep();
    this.on.change(item);
    this.retryAll();
    return item;
  }

  // The connection is back: what waits goes first, in its order.
  retryAll() {
    for (const item of this.items) if (item.state === "waiting") item.state = "queued";
    for (const c of new Set(this.items.map((item) => item.c))) this.pump(c);
  }

  retry(item) {
    item.state = "queued";
    this.on.change(item);
    this.pump(item.c);
  }

  // The conversation has it: nothing more to do.
  settle(id) {
    const item = this.items.find((each) => each.id === id);
    if (item) this.forget(item);
  }

  forget(item) {
    this.items = this.items.filter((each) => each !== item);
    this.keep();
    this.on.gone(item);
  }

  async pump(c) {
    if (this.busy.has(c)) return;
    this.busy.add(c);
    let item;
    while ((item = this.items.find((each) => each.c === c && ["queued", "waiting"].includes(each.state))) && item.state === "queued") {
      await this.send(item);
    }
    this.busy.delete(c);
  }

  async send(item) {
    item.state = "sending";
    this.on.change(item);
    const answer = await this.post(item);
    if (!this.items.includes(item)) return;
    if (answer.ok) item.state = "sent";
    else if (isLater(answer) || answer.status === 401) this.wait(item, answer);
    else if (answer.error === "newer_words") {
      this.forget(item);
      return this.on.newer(item);
    } else Object.assign(item, { state: "refused", why: answer.data.key ?? answer.error });
    this.keep();
    this.on.change(item);
  }

  post(item) {
    if (item.kind === "note") return this.api.post(about(item.c, "note"), { id: item.id, words: item.text });
    const { id, text, files, seen } = item;
    return this.api.post(about(item.c, "reply"), { id, text, files: files.map(({ ref }) => ref), seen });
  }

  wait(item, { status, wait }) {
    item.state = "waiting";
    if (status === 401) return; // until somebody has signed in again
    const pause = wait ? wait * 1000 : PAUSES[Math.min(item.tries++, PAUSES.length - 1)];
    setTimeout(() => item.state === "waiting" && this.items.includes(item) && this.retry(item), pause * (0.8 + 0.4 * Math.random()));
  }

  keep() {
    const kept = this.items.filter((item) => item.state !== "sent");
    this.keeping.write(KEPT, kept.length ? kept : null);
  }
}
