// What this browser keeps for this member of staff: drafts, words on their way, choices. Storage may be full or
// forbidden; then it lives as long as the page.

const DAYS = 7;

export class Keeping {
  constructor(agent) {
    this.prefix = `tepai-desk:${agent}:`;
    this.tidy();
  }

  read(name, otherwise = null) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + name))?.value ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  // An empty value is kept as none at all.
  write(name, value) {
    try {
      if (value === null || value === "") localStorage.removeItem(this.prefix + name);
      else localStorage.setItem(this.prefix + name, JSON.stringify({ value, at: Date.now() }));
    } catch {
      // See above.
    }
  }

  tidy() {
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(`${this.prefix}draft:`)) continue;
        if (Date.now() - JSON.parse(localStorage.getItem(key)).at > DAYS * 86400000) localStorage.removeItem(key);
      }
    } catch {
      // See above.
    }
  }
}
