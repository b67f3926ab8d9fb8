// The chat's log, live. Every attempt names the last seq seen, so whatever was said meanwhile is replayed, and nothing
// twice.

import { Line } from "./line.js";

export class Live {
  // `on`: entry(entry), counterpart({ person, place, writing }), caughtUp(), connected(bool), lost() when this browser no
  // longer holds the chat.
  constructor(chat, on) {
    this.chat = chat;
    this.on = on;
    this.after = 0;
    const heard = {
      data: (text, type) => this.take(type === "message" ? JSON.parse(text) : { type, [type]: JSON.parse(text) }),
      read: () => this.read(),
      connected: on.connected,
      lost: on.lost,
    };
    this.line = new Line(() => this.addresses(), heard, ["entry", "counterpart", "beat"]);
  }

  connect() {
    this.line.connect();
  }

  take({ type, entry, counterpart }) {
    this.line.alive();
    if (type === "entry") this.show(entry);
    else if (type === "counterpart") this.on.counterpart(counterpart);
    else this.on.caughtUp();
  }

  show(entry) {
    this.after = Math.max(this.after, entry.seq);
    this.on.entry(entry);
  }

  async read() {
    try {
      const answer = await fetch(`/chat/history?${this.query()}`, { cache: "no-store" });
      if (answer.status === 401 || answer.status === 409) return this.on.lost();
      if (!answer.ok) return;
      const { entries, counterpart } = await answer.json();
      for (const entry of entries) this.show(entry);
      this.on.counterpart(counterpart);
      this.on.caughtUp();
    } catch {
      // Still away: the next attempt is already planned.
    }
  }

  addresses() {
    return { socket: `/chat/live?${this.query()}`, events: `/chat/events?${this.query()}` };
  }

  query() {
    return new URLSearchParams({ after: this.after, chat: this.chat });
  }
}
