// One live line to the server: a WebSocket first, server-sent events when it fails, and plain asking when both do. When
// it breaks, it begins anew after a pause, and whoever uses it names in its addresses how far it has come.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
const OPENING = 6000; // a proxy may swallow a WebSocket without a word
const SILENCE = 40000; // the server beats at least every 15 s
const SESSION_LOST = [4401, 4409];

export class Line {
  // `addresses()`: { socket, events }, paths with their queries. `types`: the server's events, where they have names.
  // `on`: data(text, type), read() that asks once, connected(bool), lost() when the session has ended.
  constructor(addresses, on, types = ["message"]) {
    this.addresses = addresses;
    this.on = on;
    this.types = types;
    this.wait = FIRST_WAIT;
    this.line = null;
    this.attempt = 0;
    addEventListener("offline", () => this.drop());
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.line || this.now());
  }

  // To be called for everything that makes sense: the line is worth to come back to at once.
  alive() {
    this.wait = FIRST_WAIT;
    this.on.connected(true);
  }

  now() {
    this.wait = FIRST_WAIT;
    this.drop();
    this.connect();
  }

  // True when it could be sent: only a WebSocket goes both ways.
  tell(data) {
    return this.line?.tell?.(JSON.stringify(data)) ?? false;
  }

  end() {
    this.drop();
    clearTimeout(this.timer);
  }

  async connect() {
    clearTimeout(this.timer);
    const attempt = ++this.attempt;
    const stands = () => attempt === this.attempt;
    for (const open of [socketLine, eventLine]) {
      if (await this.try(open, stands)) return;
      if (!stands()) return;
    }
    await this.on.read();
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
          this.later();
        }
        resolve(false);
      };
      let timer = setTimeout(fail, OPENING);
      const line = open(this.addresses(), this.types, {
        open: () => {
          if (!stands()) return fail();
          stood = true;
          this.line = line;
          resolve(true);
        },
        data: (text, type) => {
          if (!stands()) return line.close();
          clearTimeout(timer);
          timer = setTimeout(fail, SILENCE);
          this.on.data(text, type);
        },
        lost: () => {
          if (stands()) this.on.lost();
          fail();
        },
        fail,
      });
    });
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
}

function socketLine(address, types, on) {
  let socket;
  try {
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${address.socket}`);
  } catch {
    queueMicrotask(on.fail);
    return { close() {} };
  }
  socket.onmessage = ({ data }) => {
    on.open();
    on.data(data, "message");
  };
  socket.onclose = ({ code }) => (SESSION_LOST.includes(code) ? on.lost() : on.fail());
  return {
    close() {
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
    tell(text) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
  };
}

function eventLine(address, types, on) {
  const source = new EventSource(address.events);
  for (const name of types) {
    source.addEventListener(name, ({ type, data }) => {
      on.open();
      on.data(data, type);
    });
  }
  source.onerror = () => on.fail();
  return { close: () => source.close() };
}
