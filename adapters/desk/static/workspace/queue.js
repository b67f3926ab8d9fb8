// The left column: who waits, who is whose. Rows are keyed by conversation and keep their nodes, so that whoever moves
// through them by keyboard is never thrown out.

import { element, icon } from "../element.js";

const GROUPS = ["mine", "waiting", "others"];
const TICK = 15000;
const SOON = 120; // seconds before it is due

export class Queue {
  // `on`: open(conversation), changed(rows), news(kind, row) with "waiting" or "words".
  constructor(root, { words, names, me, api }, on) {
    Object.assign(this, { root, words, names, me, api, on });
    this.rows = new Map();
    this.nodes = new Map();
    this.known = false;
    this.opened = "";
    this.view = "queue";
    this.listed = [];
    this.places = Object.fromEntries(GROUPS.map((group) => [group, this.group(group)]));
    this.everything = this.allView();
    this.hint = element("p", { className: "hint quiet-hint" }, words.t("queue_empty"));
    this.lists = element("div", { className: "lists" }, this.hint, ...GROUPS.map((group) => this.places[group].node), this.everything.node);
    root.append(this.switcher(), this.lists);
    setInterval(() => this.render(), TICK);
    this.render();
  }

  switcher() {
    const tab = (view) =>
      element("button", { type: "button", data: { view }, "aria-pressed": String(view === this.view), onclick: () => this.show(view) }, this.words.t(`view_${view}`));
    this.tabs = [tab("queue"), tab("all")];
    return element("div", { className: "segments", role: "group", "aria-label": this.words.t("view_label") }, ...this.tabs);
  }

  group(name) {
    const count = element("span", { className: "count" });
    const list = element("ul", { "aria-label": this.words.t(`group_${name}`) });
    const node = element("section", { className: `group ${name}` }, element("h2", {}, this.words.t(`group_${name}`), count), list);
    return { node, list, count };
  }

  allView() {
    const list = element("ul", { "aria-label": this.words.t("view_all") });
    const more = element("button", { type: "button", className: "plain small more", onclick: () => this.more() }, this.words.t("more"));
    return { node: element("section", { className: "group all", hidden: true }, list, more), list, more };
  }

  show(view) {
    this.view = view;
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
    if (view === "all") {
      this.listed = [];
      this.everything.list.replaceChildren();
      this.more();
    }
    this.render();
  }

  async more() {
    const last = this.listed[this.listed.length - 1];
    const { ok, data } = await this.api.get(`/desk/api/conversations${last ? `?before=${encodeURIComponent(last.key)}` : ""}`);
    if (!ok) return;
    this.listed.push(...data.conversations);
    this.everything.more.hidden = data.conversations.length < 50;
    this.everything.list.append(...data.conversations.map((each) => element("li", {}, this.listedRow(each))));
    this.mark();
  }

  take({ rows, gone, all }) {
    if (all) this.rows = new Map([...this.rows].filter(([c]) => rows.some((row) => row.conversation === c)));
    for (const c of gone) this.rows.delete(c);
    for (const row of rows) {
      const before = this.rows.get(row.conversation);
      this.rows.set(row.conversation, row);
      if (this.known) this.tellOf(before, row);
    }
    this.known = true;
    this.render();
    this.on.changed(this.rows);
  }

  tellOf(before, row) {
    const waits = row.status === "waiting";
    if (waits && before?.status !== "waiting") this.on.news("waiting", row);
    else if (this.isMine(row) && row.unanswered_since && (row.unanswered_since !== before?.unanswered_since || row.last !== before?.last)) this.on.news("words", row);
  }

  isMine(row) {
    return row.status === "taken" && row.agent === this.me.id;
  }

  of(name) {
    const inGroup = { mine: (row) => this.isMine(row), waiting: ({ status }) => status === "waiting", others: (row) => row.status === "taken" && !this.isMine(row) };
    return [...this.rows.values()].filter(inGroup[name]).sort(name === "waiting" ? byUrgency(this.me.languages) : byWaiting);
  }

  // What the title and the phone's tab tell: who waits for somebody, and who waits for me.
  unanswered() {
    return this.of("waiting").length + this.of("mine").filter((row) => row.unanswered_since).length;
  }

  render() {
    const inQueue = this.view === "queue";
    for (const name of GROUPS) {
      const rows = this.of(name);
      const { node, list, count } = this.places[name];
      node.hidden = !inQueue || !rows.length;
      count.textContent = rows.length || "";
      arrange(list, rows.map((row) => this.item(row)));
    }
    this.hint.hidden = !inQueue || !this.known || this.rows.size > 0;
    this.everything.node.hidden = inQueue;
    for (const c of this.nodes.keys()) if (!this.rows.has(c)) this.nodes.delete(c);
    this.mark();
  }

  item(row) {
    const known = this.nodes.get(row.conversation);
    const item = known ?? element("li", {}, this.link(row.conversation));
    this.nodes.set(row.conversation, item);
    const link = item.firstChild;
    link.className = this.classes(row);
    link.replaceChildren(...this.content(row));
    return item;
  }

  link(conversation) {
    const go = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.on.open(conversation);
    };
    return element("a", { href: address(conversation), data: { c: conversation }, onclick: go });
  }

  classes(row) {
    const unread = row.unanswered_since && (this.isMine(row) || row.status === "waiting");
    const late = row.status === "waiting" && row.due_at && row.due_at < this.words.now() + SOON;
    return ["row", unread ? "unread" : "", late ? "late" : "", row.priority > 0 ? "urgent" : ""].filter(Boolean).join(" ");
  }

  content(row) {
    const words = this.words;
    const name = row.customer || words.t("guest");
    const since = row.status === "waiting" ? row.opened_at : row.unanswered_since;
    const badges = [
      row.status === "waiting" || row.status === "taken" ? badge(words.one("reason", row.reason), row.priority > 0 ? "warm" : "calm") : null,
      row.language !== words.language ? badge(words.one("language", row.language), "calm") : null,
      row.returned ? badge(words.t("returned"), "warm") : null,
      row.unreachable ? badge(words.t("unreachable"), "bad") : null,
      row.status === "taken" && !this.isMine(row) ? badge(this.names.of(row.agent), "brand") : null,
    ];
    return [
      face(name, row.channel, words),
      element(
        "span",
        { className: "what" },
        element("span", { className: "top" }, element("b", { dir: "auto" }, name), since ? this.since(row, since) : null),
        element("span", { className: "last", dir: "auto" }, row.last || row.wish || words.t("nothing_said")),
        element("span", { className: "badges" }, ...badges),
      ),
    ];
  }

  since(row, since) {
    const waited = this.words.span(this.words.now() - since);
    return element("time", { dateTime: new Date(since * 1000).toISOString(), title: this.words.clock(since) }, element("span", { className: "sr" }, this.words.t("waits_for")), waited);
  }

  listedRow(each) {
    const name = each.customer || this.words.t("guest");
    const link = this.link(each.conversation);
    link.className = "row";
    link.append(
      face(name, each.channel, this.words),
      element(
        "span",
        { className: "what" },
        element("span", { className: "top" }, element("b", { dir: "auto" }, name), element("time", { dateTime: new Date(each.updated_at * 1000).toISOString() }, this.words.clock(each.updated_at))),
        element("span", { className: "last", dir: "auto" }, each.last || this.words.t("nothing_said")),
        element("span", { className: "badges" }, each.owner ? badge(this.names.of(each.owner), "brand") : badge(this.words.t(each.waits ? "held_by_nobody" : "with_bot"), each.waits ? "warm" : "calm")),
      ),
    );
    return link;
  }

  mark() {
    for (const link of this.root.querySelectorAll("a.row")) {
      if (link.dataset.c === this.opened) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  open(conversation) {
    this.opened = conversation;
    this.mark();
  }

  // By keyboard: to the next or the one before, from the one that has the focus or is open.
  step(by) {
    const links = [...this.root.querySelectorAll("a.row")].filter((link) => link.offsetParent);
    if (!links.length) return;
    const from = links.findIndex((link) => link === document.activeElement);
    const at = from >= 0 ? from : links.findIndex((link) => link.dataset.c === this.opened);
    links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))].focus();
  }
}

export const address = (conversation) => (conversation ? `/desk?c=${encodeURIComponent(conversation)}` : "/desk");

export function face(name, channel, words) {
  const mark = element("span", { className: `channel ${channel}`, title: words.one("channel", channel) }, words.one("channel_short", channel, channel.slice(0, 2)));
  return element("span", { className: "who" }, element("span", { className: "face", "aria-hidden": "true" }, [...name][0] ?? "?"), mark);
}

export function badge(text, kind) {
  return text ? element("span", { className: `badge ${kind}` }, text) : null;
}

// The nodes in this order, moved only where they stand elsewhere.
export function arrange(parent, nodes) {
  let place = parent.firstChild;
  for (const node of nodes) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// What somebody gave back or is urgent comes first, but last what is in a language one does not answer in.
const byUrgency = (languages) => (one, other) => foreign(one, languages) - foreign(other, languages) || (other.returned > 0) - (one.returned > 0) || other.priority - one.priority || one.opened_at - other.opened_at;
const foreign = ({ language }, languages) => Number(!languages.includes(language));
const byWaiting = (one, other) => (one.unanswered_since ?? Infinity) - (other.unanswered_since ?? Infinity) || one.opened_at - other.opened_at;
