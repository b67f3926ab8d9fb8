// The chat's log, live. Every attempt names the last seq seen, so whatever was said meanwhile is replayed, and nothing
// twice.

import { Line } from "./line.js";

export class Live {
  // `on`: entry(entry), caughtUp(), connected(bool), lost() when this browser no longer holds the chat.
  constructor(chat, on) {
    this.chat = chat;
    this.on = on;
    this.after = 0;
    const heard = {
      data: (text, type) => this.take(type === "beat" ? undefined : this.entryOf(JSON.parse(text), type)),
      read: () => this.read(),
      connected: on.connected,
      lost: on.lost,
    };
    this.line = new Line(() => this.addresses(), heard, ["entry", "beat"]);
  }

  connect() {
    this.line.connect();
  }

  entryOf(data, type) {
    return type === "entry" ? data : data.entry;
  }

  take(entry) {
    this.line.alive();
    if (!entry) return this.on.caughtUp();
    this.after = Math.max(this.after, entry.seq);
    this.on.entry(entry);
  }

  async read() {
    try {
      const answer = await fetch(`/chat/history?${this.query()}`, { cache: "no-store" });
      if (answer.status === 401 || answer.status === 409) return this.on.lost();
      if (!answer.ok) return;
      const { entries } = await answer.json();
      for (const entry of entries) {
        this.after = Math.max(this.after, entry.seq);
        this.on.entry(entry);
      }
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
