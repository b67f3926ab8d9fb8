// The desk's endpoints. Every answer is { ok, status, data, error, wait }: status 0 when none came, `error` the server's
// code, `wait` the seconds after which it makes sense to ask again.

const TIMEOUT = 20000;
const LATER = [0, 408, 425, 429, 500, 502, 503, 504];

export const isLater = ({ status }) => LATER.includes(status);

export class Api {
  // `signedOut`: called when the session has ended.
  constructor(signedOut) {
    this.signedOut = signedOut;
  }

  get(path) {
    return this.ask(path, { cache: "no-store" });
  }

  post(path, body = {}, more = {}) {
    return this.ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...more });
  }

  async ask(path, options) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT);
    try {
      const answer = await fetch(path, { ...options, signal: abort.signal });
      const data = await answer.json().catch(() => ({}));
      return this.told({ ok: answer.ok, status: answer.status, data, error: data.error, wait: Number(answer.headers.get("Retry-After")) || 0 });
    } catch {
      return { ok: false, status: 0, data: {}, wait: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  // fetch tells nothing of how far an upload has come.
  upload(path, file, progress) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const done = () => {
        let data = {};
        try {
          data = JSON.parse(request.responseText || "{}");
        } catch {
          // Whatever stands between us and the server has its own words.
        }
        resolve(this.told({ ok: request.status === 201, status: request.status, data, error: data.error, wait: 0 }));
      };
      request.open("POST", path);
      request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
      request.onload = request.onerror = done;
      const form = new FormData();
      form.append("file", file, file.name || "file");
      request.send(form);
    });
  }

  told(answer) {
    if (answer.status === 401) this.signedOut();
    return answer;
  }
}

export const about = (conversation, rest) => `/desk/api/c/${encodeURIComponent(conversation)}/${rest}`;

// randomUUID exists only on HTTPS and on this machine.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
