// The desk's texts, times and names as a reader of this language expects them.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

// Wherever somebody sits: the company's days and hours are China's, as on all the other pages.
const CHINA = "Asia/Shanghai";
const A_YEAR = 300; // days after which a day without its year is no longer clear
const AHEAD = 8 * HOUR;
export const dayOf = (at) => Math.floor((at + AHEAD) / DAY);
export const asChinas = (at) => new Date((at + AHEAD) * 1000).toISOString().slice(0, 16); // as a field for date and time has it
export const fromChinas = (field) => Date.parse(`${field}Z`) / 1000 - AHEAD;

export class Words {
  constructor(texts, language) {
    const locale = language === "zh" ? "zh-CN" : "en-GB";
    this.texts = texts;
    this.language = language;
    const form = (parts) => new Intl.DateTimeFormat(locale, { timeZone: CHINA, ...parts });
    this.hour = form({ hour: "2-digit", minute: "2-digit" });
    this.date = form({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
    this.longDate = form({ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
    this.day = form({ month: "long", day: "numeric", weekday: "long" });
    this.longDay = form({ year: "numeric", month: "long", day: "numeric" });
    this.money = new Intl.NumberFormat(locale, { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" });
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
    const ago = dayOf(this.now()) - dayOf(at);
    return (ago === 0 ? this.hour : ago < A_YEAR ? this.date : this.longDate).format(at * 1000);
  }

  dayName(at) {
    const ago = dayOf(this.now()) - dayOf(at);
    return [this.t("today"), this.t("yesterday")][ago] || (ago < A_YEAR ? this.day : this.longDay).format(at * 1000);
  }

  // How long that is, roughly.
  span(seconds) {
    const whole = Math.max(0, seconds);
    if (whole < MINUTE) return this.t("span_now");
    if (whole < HOUR) return this.t("span_minutes", { n: Math.floor(whole / MINUTE) });
    if (whole < DAY) return this.t("span_hours", { n: Math.floor(whole / HOUR), m: Math.floor((whole % HOUR) / MINUTE) });
    return this.t("span_days", { n: Math.floor(whole / DAY) });
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
