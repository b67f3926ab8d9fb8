// The right column: what to know before the first word, tags, notes, and where else this customer is.

import { element, icon, linked } from "../element.js";
import { about } from "./api.js";
import { address } from "./queue.js";
import { Orders } from "./orders.js";

const TOLD_ELSEWHERE = ["order", "cause"]; // by the wish and by the diagnosis

export class Side {
  // `on`: toast(text, bad), open(conversation), note() to write one, brief(brief), orders(cards).
  constructor(app, on) {
    Object.assign(this, app, { on });
    const of = (id) => document.getElementById(id);
    this.places = { brief: of("brief"), tags: of("tags"), notes: of("notes"), elsewhere: of("elsewhere") };
    this.orders = app.settings.orders ? new Orders(of("orders"), app, { toast: on.toast, changed: on.orders }) : null;
    this.form = of("tag-form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.addTag();
    });
    of("new-note").addEventListener("click", () => on.note());
    this.open("");
  }

  open(conversation) {
    this.c = conversation;
    this.brief = null;
    this.status = null;
    for (const place of Object.values(this.places)) place.replaceChildren();
    this.orders?.open(conversation);
    const ticket = document.getElementById("open-ticket");
    if (ticket) ticket.href = `/desk/tickets/new?conversation=${encodeURIComponent(conversation)}`;
    if (conversation) this.load();
  }

  async load() {
    const conversation = this.c;
    const { ok, data } = await this.api.get(about(conversation, "brief"));
    if (conversation !== this.c || !ok) return;
    this.brief = data;
    this.showBrief(data);
    this.showElsewhere(data.elsewhere);
    this.orders?.about(data.order ?? "");
    this.on.brief(data);
  }

  // The brief is another one once somebody asked for a person, or the conversation changed hands.
  takeAside(aside) {
    const status = `${aside.status}:${aside.owner}`;
    if (this.status !== null && this.status !== status) this.load();
    this.status = status;
    this.showTags(aside.tags);
    this.showNotes(aside.notes);
  }

  showBrief(brief) {
    const { words } = this;
    const part = (title, ...nodes) => (nodes.length ? [element("h3", {}, title), ...nodes] : []);
    const list = (name, lines) => (lines.length ? [element("ul", { className: name }, ...lines.map((line) => element("li", { dir: "auto" }, line)))] : []);
    const tried = brief.tried.map(([at, line]) => element("li", {}, element("time", { dateTime: new Date(at * 1000).toISOString() }, words.clock(at)), element("span", { dir: "auto" }, line)));
    const slots = brief.slots.filter(([label]) => !TOLD_ELSEWHERE.includes(label)).flatMap(([label, value]) => [element("dt", {}, label), element("dd", { dir: "auto" }, value)]);
    this.places.brief.replaceChildren(
      ...(brief.wish ? [element("p", { className: "wish", dir: "auto" }, brief.wish)] : []),
      ...part(words.t("brief_why"), ...(brief.why ? [element("p", {}, words.one("reason", brief.why))] : [])),
      ...part(words.t("brief_diagnosis"), ...list("diagnosis", brief.diagnosis)),
      ...part(words.t("brief_slots"), ...(slots.length ? [element("dl", {}, ...slots)] : [])),
      ...part(words.t("brief_tried"), ...(tried.length ? [element("ol", { className: "tried" }, ...tried)] : [])),
    );
    if (!this.places.brief.childElementCount) this.places.brief.append(element("p", { className: "hint" }, words.t("brief_none")));
  }

  showTags(tags) {
    const focused = this.places.tags.contains(document.activeElement);
    this.places.tags.replaceChildren(
      ...tags.map((name) =>
        element("li", {}, element("span", { dir: "auto" }, name), element("button", { type: "button", className: "quiet", "aria-label": this.words.t("remove", { name }), onclick: () => this.tag(name, true) }, icon("close"))),
      ),
    );
    if (focused) (this.places.tags.querySelector("button") ?? this.form.elements.name).focus();
  }

  addTag() {
    const input = this.form.elements.name;
    const name = input.value.trim().replace(/^#/, "");
    input.value = "";
    if (name) this.tag(name, false);
  }

  async tag(name, off) {
    const { ok, data } = await this.api.post(about(this.c, "tag"), { name, off });
    if (!ok) this.on.toast(this.words.one("wrong", data.key, this.words.t("not_done")), true);
  }

  showNotes(notes) {
    const { words } = this;
    this.places.notes.replaceChildren(
      ...[...notes].reverse().map((note) =>
        element("li", {}, element("p", { className: "by" }, element("b", { dir: "auto" }, this.names.of(note.author)), element("time", { dateTime: new Date(note.at * 1000).toISOString() }, words.clock(note.at))), element("p", { dir: "auto" }, ...linked(note.words, words.t("new_window")))),
      ),
    );
    this.places.notes.hidden = !notes.length;
  }

  showElsewhere(others) {
    const { words } = this;
    const rows = others.map((each) => {
      const go = (event) => {
        event.preventDefault();
        this.on.open(each.conversation);
      };
      return element("li", {}, element("a", { href: address(each.conversation), onclick: go }, element("b", {}, words.one("channel", each.channel)), element("span", {}, each.owner ? this.names.of(each.owner) : words.t("with_bot")), element("time", { dateTime: new Date(each.last_at * 1000).toISOString() }, words.clock(each.last_at))));
    });
    this.places.elsewhere.replaceChildren(...(rows.length ? rows : [element("li", { className: "hint" }, words.t("elsewhere_none"))]));
  }
}
