// The desk's texts, times and names as a reader of this language expects them.

const MINUTE = 60;
const HOUR = 3600;

export class Words {
  constructor(texts, language) {
    const locale = language === "zh" ? "zh-CN" : "en-GB";
    this.texts = texts;
    this.language = language;
    this.hour = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
    this.date = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
    this.day = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric", weekday: "long" });
    this.money = new Intl.NumberFormat(locale, { style: "currency", currency: "CNY" });
    this.offset = 0; // of the server's clock, ms
  }

  // A text by its key, with {name} filled in; `missing` for a key that is none.
  t(key, values = {}, missing = key) {
    return (this.texts[key] ?? missing).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  // One of many: `kind` names the group, as in "reason_asked".
  one(kind, key, missing = key) {
    return key ? this.t(`${kind}_${key}`, {}, missing) : "";
  }

  now() {
    return (Date.now() + this.offset) / 1000;
  }

  setNow(seconds) {
    this.offset = seconds * 1000 - Date.now();
  }

  clock(at) {
    return this.isToday(at) ? this.hour.format(at * 1000) : this.date.format(at * 1000);
  }

  isToday(at) {
    return new Date(at * 1000).toDateString() === new Date().toDateString();
  }

  dayName(at) {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at * 1000).setHours(0, 0, 0, 0)) / 86400000);
    return [this.t("today"), this.t("yesterday")][days] || this.day.format(at * 1000);
  }

  // How long that is, roughly.
  span(seconds) {
    const whole = Math.max(0, seconds);
    if (whole < MINUTE) return this.t("span_now");
    if (whole < HOUR) return this.t("span_minutes", { n: Math.floor(whole / MINUTE) });
    if (whole < 24 * HOUR) return this.t("span_hours", { n: Math.floor(whole / HOUR), m: Math.floor((whole % HOUR) / MINUTE) });
    return this.t("span_days", { n: Math.floor(whole / 24 / HOUR) });
  }

  // A countdown to the second.
  countdown(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const parts = [Math.floor(whole / HOUR), Math.floor((whole % HOUR) / MINUTE), whole % MINUTE];
    return parts.map((part) => String(part).padStart(2, "0")).join(":");
  }

  size(bytes) {
    return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  }
}

// Who a member of staff's id belongs to. A stranger's id has everybody read anew, at most once in a while.
const AGAIN = 10000;

export class Names {
  constructor(api, words, me, changed) {
    this.api = api;
    this.words = words;
    this.me = me;
    this.changed = changed;
    this.colleagues = [];
    this.read = 0;
  }

  of(id) {
    if (!id) return "";
    if (id === this.me.id) return this.words.t("you");
    const found = this.colleagues.find((each) => each.id === id);
    if (!found) this.load();
    return found?.name ?? id;
  }

  // One's own name, too.
  full(id) {
    return id === this.me.id ? this.me.name : this.of(id);
  }

  async load({ anew = false } = {}) {
    if (!anew && Date.now() - this.read < AGAIN) return;
    this.read = Date.now();
    const { ok, data } = await this.api.get("/desk/api/colleagues");
    if (!ok) return;
    this.colleagues = data.colleagues;
    this.changed();
  }
}
