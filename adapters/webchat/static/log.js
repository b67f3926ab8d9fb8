// The conversation on the page. Entries are keyed by seq and replace what is there; what the customer just sent waits
// below them under its own id until its entry arrives. So a replay never doubles anything.

import { element, icon } from "./element.js";
import { Messages } from "./message.js";

const NEAR = 90; // pixels from the end that still count as reading the end
const ANSWER_WAIT = 25000; // after this nobody is taken to be writing
const TYPING_AFTER = 350; // most answers are there sooner
const WRITING_LASTS = 6000; // a person who writes on gives a new sign before that

export class Log {
  // `act`: press(choice), retry(item), discard(item).
  constructor(texts, language, act) {
    const of = (id) => document.getElementById(id);
    this.scroller = of("log");
    this.places = { entries: of("entries"), pending: of("pending"), typing: of("typing"), latest: of("latest"), welcome: of("welcome") };
    this.texts = texts;
    this.act = act;
    this.messages = new Messages(texts, language);
    this.day = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { month: "long", day: "numeric", weekday: "long" });
    this.entries = new Map();
    this.items = new Map();
    this.ready = false;
    this.stuck = true;
    this.person = null;
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.places.latest.addEventListener("click", () => this.toEnd());
    const resized = new ResizeObserver(() => this.stuck && this.jump());
    for (const node of [this.scroller, this.places.entries, this.places.pending]) resized.observe(node);
  }

  show(entry) {
    const node = this.messages.ofEntry(entry);
    node.hidden = !entry.text && !entry.attachments.length; // a deep link says nothing that could be shown
    const known = this.entries.get(entry.seq);
    if (known) known.node.replaceWith(node);
    else this.place(node, entry.seq);
    this.entries.set(entry.seq, { entry, node });
    if (entry.id) this.gone({ id: entry.id });
    this.settleSoon(!known && entry.sender !== "customer");
  }

  // Nearly always the end; a late one goes to where it belongs.
  place(node, seq) {
    const later = [...this.entries.keys()].filter((other) => other > seq);
    const before = later.length ? this.entries.get(Math.min(...later)).node : null;
    this.places.entries.insertBefore(node, before);
  }

  showItem(item) {
    const node = this.messages.ofItem(item, { retry: () => this.act.retry(item), discard: () => this.act.discard(item) });
    const known = this.items.get(item.id);
    if (known) known.node.replaceWith(node);
    else this.places.pending.append(node);
    this.items.set(item.id, { item, node });
    if (!known) this.toEnd();
    this.settleSoon(false);
  }

  gone({ id }) {
    const known = this.items.get(id);
    if (!known) return;
    if (known.item.preview) URL.revokeObjectURL(known.item.preview);
    known.node.remove();
    this.items.delete(id);
    this.settleSoon(false);
  }

  // Everything said so far is shown: from here on, news are read out and announced.
  caughtUp() {
    this.settle();
    if (this.ready) return;
    this.ready = true;
    this.scroller.removeAttribute("aria-busy");
    this.jump();
  }

  settleSoon(news) {
    this.news ||= news && this.ready;
    if (this.settling) return;
    this.settling = true;
    queueMicrotask(() => {
      this.settling = false;
      this.settle();
    });
  }

  settle() {
    const nodes = [...this.places.entries.querySelectorAll(".message:not([hidden])"), ...this.places.pending.children];
    this.places.welcome.hidden = nodes.length > 0;
    this.group(nodes);
    this.offer();
    this.awaitAnswer();
    if (this.stuck) this.jump();
    else if (this.news) this.places.latest.hidden = false;
    this.news = false;
  }

  // Who speaks is shown on the first of several messages, when on the last; a new day gets a line.
  group(nodes) {
    this.places.entries.querySelectorAll(".day").forEach((line) => line.remove());
    let before;
    for (const node of nodes) {
      const sameDay = before && dayOf(before) === dayOf(node);
      const together = sameDay && before.dataset.sender === node.dataset.sender && node.dataset.at - before.dataset.at < 180;
      node.classList.toggle("first", !together);
      before?.classList.toggle("last", !together);
      if (!sameDay && node.dataset.seq) node.before(element("p", { className: "day" }, this.dayName(new Date(node.dataset.at * 1000))));
      before = node;
    }
    before?.classList.add("last");
  }

  dayName(date) {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
    return [this.texts.today, this.texts.yesterday][days] || this.day.format(date);
  }

  // Choices stay readable; only those of the newest question can be pressed, until something was answered.
  offer() {
    const all = this.inOrder();
    const asked = all.filter(({ entry }) => entry.choices.length);
    const newest = asked[asked.length - 1];
    const sending = [...this.items.values()].some(({ item }) => item.state !== "failed");
    for (const known of asked) {
      const answer = all.find(({ entry }) => entry.seq > known.entry.seq && entry.sender === "customer")?.entry;
      this.offerOne(known, known === newest && !answer && !sending, answer?.pressed ? answer.text : null);
    }
  }

  offerOne(known, open, chosen) {
    const state = `${open}:${chosen}`;
    if (known.offered === state && known.node.querySelector(".choices")) return;
    known.offered = state;
    const held = known.node.contains(document.activeElement);
    known.node.querySelector(".choices")?.remove();
    known.node.querySelector(".body").append(this.choices(known.entry, open, chosen));
    // A pressed button is gone from the keyboard's way: go on where one can write.
    if (held && !open) this.act.resume();
  }

  choices(entry, open, chosen) {
    const buttons = entry.choices.map((choice) => {
      const mine = !open && choice.label === chosen;
      const props = { type: "button", className: mine ? "choice chosen" : "choice", disabled: !open, dir: "auto" };
      const mark = mine ? [icon("check"), element("span", { className: "sr" }, `${this.texts.chosen}: `)] : [];
      return element("button", { ...props, onclick: () => this.act.press(choice) }, ...mark, choice.label);
    });
    return element("div", { className: open ? "choices" : "choices closed", role: "group", "aria-label": this.texts.choices }, ...buttons);
  }

  // Who answers: a person by this name, or with null the bot. `writing`: that person is, for some seconds; then `over`.
  counterpart(person, writing, over) {
    clearTimeout(this.typingTimer);
    this.person = person;
    this.showTyping(writing);
    if (writing) this.typingTimer = setTimeout(over, WRITING_LASTS);
    else this.awaitAnswer();
  }

  // The bot is taken to be writing while the customer's words are the last ones, and not yet for long. Of a person it is
  // known.
  awaitAnswer() {
    if (this.person !== null) return;
    clearTimeout(this.typingTimer);
    const all = this.inOrder();
    const items = [...this.items.values()].filter(({ item }) => item.state !== "failed");
    const last = all[all.length - 1]?.entry;
    const asked = items.length ? items[items.length - 1].item : last?.sender === "customer" ? last : null;
    const waited = asked ? Date.now() - asked.at * 1000 : Infinity;
    if (waited > ANSWER_WAIT) return this.showTyping(false);
    this.typingTimer = setTimeout(() => {
      this.showTyping(true);
      this.typingTimer = setTimeout(() => this.showTyping(false), ANSWER_WAIT);
    }, Math.max(0, TYPING_AFTER - waited));
  }

  showTyping(on) {
    const { typing } = this.places;
    if (on) typing.replaceChildren(this.messages.typing(this.person));
    typing.hidden = !on;
    if (on && this.stuck) this.jump();
  }

  inOrder() {
    return [...this.entries.values()].sort((one, other) => one.entry.seq - other.entry.seq);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.stuck) this.places.latest.hidden = true;
  }

  jump() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toEnd() {
    this.stuck = true;
    this.places.latest.hidden = true;
    this.jump();
  }
}

const dayOf = (node) => new Date(node.dataset.at * 1000).toDateString();
