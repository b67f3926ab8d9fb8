// The chat's log, live. WebSocket first, server-sent events when it fails, and plain reading when both do. Every
// attempt names the last seq seen, so whatever was said meanwhile is replayed, and nothing twice.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
const OPENING = 6000; // a proxy may swallow a WebSocket without a word
const SILENCE = 40000; // the server beats every 15 s
const SESSION_LOST = [4401, 4409];

export class Live {
  // `on`: entry(entry), caughtUp(), connected(bool), lost() when this browser no longer holds the chat.
  constructor(chat, on) {
    this.chat = chat;
    this.on = on;
    this.after = 0;
    this.wait = FIRST_WAIT;
    this.line = null;
    this.attempt = 0;
    addEventListener("offline", () => this.drop());
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.line || this.now());
  }

  now() {
    this.wait = FIRST_WAIT;
    this.drop();
    this.connect();
  }

  async connect() {
    clearTimeout(this.timer);
    const attempt = ++this.attempt;
    const stands = () => attempt === this.attempt;
    for (const open of [socketLine, eventLine]) {
      if (await this.try(open, stands)) return;
      if (!stands()) return;
    }
    await this.read();
    if (stands()) this.later();
  }

  // Open one kind of line; true once it stands. When it breaks later, everything starts over after a pause.
  try(open, stands) {
    return new Promise((resolve) => {
      let stood = false;
      const fail = () => {
        clearTimeout(timer);
        line.close();
        if (stood && stands()) {
          this.line = null;
          this.on.connected(false);
          this.later();
        }
        resolve(false);
      };
      let timer = setTimeout(fail, OPENING);
      const line = open(this.address(), {
        open: () => {
          if (!stands()) return fail();
          stood = true;
          this.line = line;
          resolve(true);
        },
        data: (entry) => {
          if (!stands()) return line.close();
          clearTimeout(timer);
          timer = setTimeout(fail, SILENCE);
          this.take(entry);
        },
        lost: () => {
          if (stands()) this.on.lost();
          fail();
        },
        fail,
      });
    });
  }

  take(entry) {
    this.wait = FIRST_WAIT;
    this.on.connected(true);
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

  later() {
    this.on.connected(false);
    clearTimeout(this.timer);
    // Spread out, or every page would come back in the same moment after a restart.
    this.timer = setTimeout(() => this.connect(), this.wait * (0.7 + 0.6 * Math.random()));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  drop() {
    this.attempt++;
    clearTimeout(this.timer);
    this.line?.close();
    this.line = null;
    this.on.connected(false);
    this.timer = setTimeout(() => this.connect(), LONGEST_WAIT);
  }

  address() {
    return { socket: `${location.origin.replace(/^http/, "ws")}/chat/live?${this.query()}`, events: `/chat/events?${this.query()}` };
  }

  query() {
    return new URLSearchParams({ after: this.after, chat: this.chat });
  }
}

function socketLine(address, on) {
  let socket;
  try {
    socket = new WebSocket(address.socket);
  } catch {
    queueMicrotask(on.fail);
    return { close() {} };
  }
  socket.onmessage = ({ data }) => {
    on.open();
    on.data(JSON.parse(data).entry);
  };
  socket.onclose = ({ code }) => (SESSION_LOST.includes(code) ? on.lost() : on.fail());
  return {
    close() {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

function eventLine(address, on) {
  const source = new EventSource(address.events);
  const take = ({ type, data }) => {
    on.open();
    on.data(type === "entry" ? JSON.parse(data) : undefined);
  };
  source.addEventListener("entry", take);
  source.addEventListener("beat", take);
  source.onerror = () => on.fail();
  return { close: () => source.close() };
}
