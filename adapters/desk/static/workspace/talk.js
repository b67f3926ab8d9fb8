// The open conversation. Lines are keyed by seq and replace what is there, notes by their id; what this page has sent
// stands below under its own id until its line arrives. So nothing a replay brings is shown twice.

import { element, icon } from "../element.js";
import { arrange } from "./queue.js";
import { Lines } from "./line.js";
import { dayOf } from "./words.js";

const NEAR = 80; // pixels from the end that still count as reading the end
const TAIL = 20; // of the newest lines it is asked anew what became of them
const SEEN_AFTER = 500; // ms on the screen until a line counts as seen
const DRAFT_LASTS = 75; // seconds after its last sign of life
const WRITING_LASTS = 6; // seconds after which a customer's sign of writing tells nothing any more
const TOGETHER = 180; // seconds between two lines that stand together

export class Talk {
  // `on`: again(line, button), retry(item), discard(item), back(item), earlier(seq) that resolves with older lines.
  constructor(app, on) {
    this.words = app.words;
    this.names = app.names;
    this.on = on;
    this.make = new Lines(app, on);
    this.scroller = document.getElementById("log");
    this.list = document.getElementById("lines");
    this.waiting = document.getElementById("unsent");
    this.writers = document.getElementById("writers");
    this.latest = document.getElementById("latest");
    this.earlier = document.getElementById("earlier");
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.latest.addEventListener("click", () => this.toEnd());
    this.earlier.addEventListener("click", () => this.loadEarlier());
    document.addEventListener("visibilitychange", () => this.look());
    const resized = new ResizeObserver(() => this.stuck && this.jump());
    for (const node of [this.scroller, this.list, this.waiting, this.writers]) resized.observe(node);
    setInterval(() => this.showWriters(), 5000);
    this.open("");
  }

  open(conversation) {
    this.c = conversation;
    this.lines = new Map();
    this.notes = new Map();
    this.items = new Map();
    this.aside = null;
    this.seen = 0;
    this.ready = false;
    this.stuck = true;
    this.missed = 0;
    clearTimeout(this.looking);
    this.list.replaceChildren();
    this.waiting.replaceChildren();
    this.writers.replaceChildren();
    this.told = "";
    this.latest.hidden = this.earlier.hidden = true;
    this.scroller.setAttribute("aria-busy", "true");
  }

  // From where on the server has to tell again: below what may still change.
  cursor() {
    const seqs = [...this.lines.keys()].sort((one, other) => one - other);
    const open = seqs.find((seq) => ["queued", "failed"].includes(this.lines.get(seq).line.delivery)) ?? Infinity;
    const from = Math.min(open, seqs[Math.max(0, seqs.length - TAIL)] ?? 0);
    return Math.max(0, from - 1);
  }

  newest() {
    return Math.max(0, ...this.lines.keys());
  }

  take(lines) {
    const news = lines.filter(({ seq }) => !this.lines.has(seq));
    for (const line of lines) {
      const node = this.make.ofLine(this.c, line);
      node.hidden = !line.text && !line.attachments.length; // a deep link says nothing that could be shown
      this.lines.set(line.seq, { line, node });
      if (line.id) this.gone(line.id);
    }
    this.settle();
    this.showWriters();
    if (this.ready && !this.stuck && news.some(({ sender }) => sender === "customer")) {
      this.missed += news.filter(({ sender }) => sender === "customer").length;
      this.latest.querySelector("span").textContent = this.words.t("new_below", { n: this.missed });
      this.latest.hidden = false;
    }
    this.look();
  }

  takeAside(aside) {
    this.aside = aside;
    for (const id of [...this.notes.keys()]) if (!aside.notes.some((note) => note.id === id)) this.notes.delete(id);
    for (const note of aside.notes) {
      if (!this.notes.has(note.id)) this.notes.set(note.id, { line: note, node: this.make.ofNote(note) });
      this.gone(note.id.split(":").pop());
    }
    this.settle();
    this.showWriters();
  }

  // Everything said so far is there: from here on, news are read out.
  caughtUp() {
    if (this.ready) return;
    this.ready = true;
    this.earlier.hidden = this.lines.size < 200;
    this.scroller.removeAttribute("aria-busy");
    this.jump();
    this.look();
  }

  showItem(item) {
    if (item.c !== this.c) return;
    const node = this.make.ofItem(item);
    const known = this.items.get(item.id);
    if (known) known.replaceWith(node);
    else this.waiting.append(node);
    this.items.set(item.id, node);
    if (!known) this.toEnd();
  }

  gone(id) {
    this.items.get(id)?.remove();
    this.items.delete(id);
  }

  // Names have arrived: whatever shows one is made anew.
  renamed() {
    for (const known of this.lines.values()) if (known.line.sender === "staff") known.node = this.make.ofLine(this.c, known.line);
    for (const known of this.notes.values()) known.node = this.make.ofNote(known.line);
    this.settle();
    this.showWriters();
  }

  settle() {
    const notes = [...this.notes.values()];
    const lines = [...this.lines.values()].sort((one, other) => one.line.seq - other.line.seq);
    const all = [];
    for (const known of lines) {
      while (notes.length && notes[0].line.at < known.line.at) all.push(notes.shift());
      all.push(known);
    }
    arrange(this.list, this.grouped([...all, ...notes].map(({ node }) => node)));
    if (this.stuck) this.jump();
  }

  // Who speaks is shown on the first of several lines, when on the last; a new day gets a line of its own.
  grouped(nodes) {
    const found = [];
    let before;
    for (const node of nodes) {
      if (node.hidden) {
        found.push(node);
        continue;
      }
      const sameDay = before && dayOfLine(before) === dayOfLine(node);
      const together = sameDay && before.dataset.sender === node.dataset.sender && node.dataset.at - before.dataset.at < TOGETHER;
      node.classList.toggle("first", !together);
      before?.classList.toggle("last", !together);
      if (!sameDay) found.push(this.dayLine(node));
      found.push(node);
      before = node;
    }
    before?.classList.add("last");
    return found;
  }

  dayLine(node) {
    this.days ??= new Map();
    const day = dayOfLine(node);
    if (!this.days.has(day)) this.days.set(day, element("p", { className: "day" }, this.words.dayName(Number(node.dataset.at))));
    return this.days.get(day);
  }

  // To the line that somebody looked for, or the one before it, with what was said around it.
  async goTo(seq) {
    this.stuck = false;
    const c = this.c;
    while (seq < Math.min(...this.lines.keys()) && !this.earlier.hidden) {
      if (!(await this.loadEarlier()) || c !== this.c) return;
    }
    const shown = [...this.lines.keys()].filter((each) => each <= seq && !this.lines.get(each).node.hidden);
    const node = this.lines.get(Math.max(...shown))?.node;
    if (!node) return;
    for (const old of this.list.querySelectorAll(".sought")) old.classList.remove("sought");
    node.classList.add("sought");
    node.scrollIntoView({ block: "center" });
    this.scrolled();
  }

  async loadEarlier() {
    this.earlier.disabled = true;
    const height = this.scroller.scrollHeight;
    const lines = await this.on.earlier(Math.min(...this.lines.keys()));
    this.earlier.disabled = false;
    if (!lines) return false;
    this.stuck = false;
    this.take(lines);
    this.earlier.hidden = lines.length < 200;
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
    return true;
  }

  showWriters() {
    const now = this.words.now();
    const drafts = (this.aside?.drafts ?? []).filter(({ author, words, at }) => author !== this.names.me.id && words && now - at < DRAFT_LASTS);
    const customer = this.customerWrites(now);
    const told = JSON.stringify([drafts.map(({ author, words }) => [this.names.of(author), words]), customer]);
    if (told === this.told) return;
    this.told = told;
    const nodes = drafts.map(({ author, words }) =>
      element("p", { className: "writer" }, icon("pencil"), element("b", { dir: "auto" }, this.words.t("is_writing", { name: this.names.of(author) })), element("span", { dir: "auto" }, words)),
    );
    if (customer) nodes.push(element("p", { className: "writer customer" }, element("span", { className: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i")), element("b", {}, this.words.t("customer_writing"))));
    this.writers.replaceChildren(...nodes);
  }

  // Whether they do, by their last sign of it; what they have said since is what they were writing.
  customerWrites(now) {
    const at = this.aside?.customer_wrote_at ?? 0;
    const left = at + WRITING_LASTS - now;
    clearTimeout(this.writing);
    if (left <= 0 || [...this.lines.values()].some(({ line }) => line.sender === "customer" && line.at >= at)) return false;
    this.writing = setTimeout(() => this.showWriters(), Math.min(left, WRITING_LASTS) * 1000);
    return true;
  }

  // What has been on the screen for a moment counts as seen.
  look() {
    clearTimeout(this.looking);
    if (!this.stuck || document.hidden || !this.ready) return;
    const newest = this.newest();
    this.looking = setTimeout(() => {
      if (this.stuck && !document.hidden) this.seen = Math.max(this.seen, newest);
    }, SEEN_AFTER);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR;
    if (!this.stuck) return;
    this.latest.hidden = true;
    this.missed = 0;
    this.look();
  }

  jump() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toEnd() {
    this.stuck = true;
    this.missed = 0;
    this.latest.hidden = true;
    this.jump();
    this.look();
  }
}

const dayOfLine = (node) => dayOf(Number(node.dataset.at));
