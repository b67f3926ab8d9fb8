// Joins the workspace's parts: the queue, the open conversation, what is written, what stands beside it.

import { element, icon } from "../element.js";
import { Acts } from "./acts.js";
import { Api, about, isLater } from "./api.js";
import { Composer } from "./composer.js";
import { Keeping } from "./keeping.js";
import { Keys } from "./keys.js";
import { News } from "./news.js";
import { Notify } from "./notify.js";
import { Queue, address, badge, face } from "./queue.js";
import { Sending } from "./sending.js";
import { Side } from "./side.js";
import { Talk } from "./talk.js";
import { Names, Words } from "./words.js";

const OFFLINE_AFTER = 1500; // a short break needs no words
const TOAST = 6000;

const of = (id) => document.getElementById(id);
const settings = JSON.parse(of("settings").textContent);
const { me } = settings;
const words = new Words(settings.texts, settings.language);
const keeping = new Keeping(me.id);
const api = new Api(signedOut);
const names = new Names(api, words, me, renamed);
const app = { settings, me, words, keeping, api, names };
const narrow = matchMedia("(max-width: 760px)");
let open = new URLSearchParams(location.search).get("c") ?? "";
let sought = Number(new URLSearchParams(location.search).get("seq")); // the line a search led to
let row = null;
let cards = [];

const notify = new Notify(app, show);
const queue = new Queue(of("queue"), app, {
  open: show,
  changed: (rows) => {
    notify.count(queue.unanswered());
    row = rows.get(open) ?? null;
    showHead();
  },
  news: (kind, news) => notify.tell(kind, news, news.conversation === open && !document.hidden),
});

const sending = new Sending(api, keeping, {
  change: (item) => talk.showItem(item),
  gone: (item) => talk.gone(item.id),
  newer: (item) => {
    composer.bringBack(item, words.t("newer_words"));
    if (item.c === open) talk.toEnd();
  },
});

const talk = new Talk(app, {
  again: sendAgain,
  retry: (item) => sending.retry(item),
  discard: (item) => sending.forget(item),
  back: (item) => {
    sending.forget(item);
    composer.bringBack(item);
  },
  earlier: async (seq) => {
    const { ok, data } = await api.get(about(open, `lines?before=${seq}`));
    return ok ? data.lines : null;
  },
});

const composer = new Composer(app, {
  send: (said) => {
    talk.toEnd();
    sending.add({ c: open, seen: talk.seen, ...withoutNone(said) });
  },
  values: () => ({ customer: side.brief?.name || row?.customer || "", agent: me.name, order: side.brief?.order || cards.find((card) => !card.is_over)?.number || "", company: settings.company, hotline: settings.hotline }),
  language: () => side.brief?.language ?? row?.language ?? settings.language,
});

const side = new Side(app, {
  toast,
  open: show,
  note: () => write("note"),
  brief: showHead,
  orders: (now) => (cards = now),
});

const acts = new Acts(app, () => ({ c: open, aside: talk.aside, unsent: sending.of(open).length > 0 }), {
  toast,
  done: (act) => (act === "claim" ? write("reply") : of("text").blur()),
});

const news = new News(api, () => ({ c: open, after: talk.cursor() }), {
  queue: (told) => queue.take(told),
  lines: ({ c, lines }) => {
    if (c !== open) return;
    talk.take(lines);
    for (const { id } of lines) if (id) sending.settle(id);
    if (talk.ready && lines.some(({ sender }) => sender !== "customer")) side.orders?.load();
  },
  aside: ({ c, aside }) => c === open && takeAside(aside),
  ready: ({ c }) => {
    if (c !== open) return;
    talk.caughtUp();
    if (sought) talk.goTo(sought);
    sought = 0;
  },
  gone: ({ c }) => c === open && notThere(),
  beat: ({ now }) => words.setNow(now),
  connected,
  lost: signedOut,
});

new Keys(words, {
  j: () => queue.step(1),
  k: () => queue.step(-1),
  arrowdown: () => queue.step(1),
  arrowup: () => queue.step(-1),
  c: () => acts.do("claim"),
  r: () => write("reply"),
  n: () => write("note"),
  "/": () => (write("reply"), composer.ask()),
  t: () => acts.do("transfer"),
  b: () => acts.do("hand_back"),
  x: () => acts.do("close"),
  escape: () => narrow.matches && show(""),
});

function withoutNone(said) {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

// Another conversation, or with "" none.
function show(conversation, { remember = true } = {}) {
  if (remember && conversation !== open) history.pushState(null, "", address(conversation));
  if (conversation !== open) sought = 0;
  open = conversation;
  row = queue.rows.get(open) ?? null;
  enter();
  news.moved();
  if (open && !narrow.matches) composer.focus();
}

function enter() {
  document.body.dataset.view = open ? "talk" : "queue";
  talk.open(open);
  queue.open(open);
  composer.open(open, true);
  side.open(open);
  for (const item of sending.of(open)) talk.showItem(item);
  of("nothing").hidden = Boolean(open);
  of("talk").hidden = of("side").hidden = !open;
  of("not-there").hidden = true;
  showHead();
}

function takeAside(aside) {
  talk.takeAside(aside);
  side.takeAside(aside);
  for (const { id } of aside.notes) sending.settle(ownId(id));
  showHead();
}

// Kept under its author's name as well.
const ownId = (id) => id.split(":").pop();

function notThere() {
  of("talk").hidden = of("side").hidden = true;
  of("not-there").hidden = false;
  document.body.dataset.view = "talk";
}

function showHead() {
  const { aside } = talk;
  const name = side.brief?.name || row?.customer || words.t("guest");
  const channel = open.split(":")[0];
  const language = side.brief?.language ?? row?.language;
  const holder = !aside ? null : aside.owner ? words.t(aside.owner === me.id ? "held_by_me" : "held_by", { name: names.of(aside.owner) }) : words.t(aside.status === "waiting" ? "held_by_nobody" : "with_bot");
  const parts = [words.one("channel", channel), language ? words.one("language", language) : null, holder].filter(Boolean);
  of("whose").replaceChildren(face(name, channel, words), element("div", { className: "names" }, element("h2", { dir: "auto" }, name), element("p", {}, parts.join(" · "))));
  acts.show();
  showLimits(aside);
  if (aside) composer.allow(!aside.owner || aside.owner === me.id);
}

// What the channel allows now, as [kind, text]; nothing where anything may be said at any time.
function limitLines({ reachable, until, left, why, kept, reserved }) {
  if (!reachable) return [["bad", words.one("unreachable", open.split(":")[0], words.t("unreachable_about"))]];
  if (left === null) return [];
  const line = (kind, ...parts) => [[kind, [...parts, kept ? words.t("window_kept", { n: kept }) : ""].filter(Boolean).join(" · ")]];
  if (why === "account") return line("warm", words.t("window_account"));
  const seconds = (until ?? 0) - words.now();
  if (seconds <= 0) return line("bad", words.t("window_over"));
  if (left === 0) return line("bad", words.t("window_used"));
  const count = words.t("window_count", { n: left });
  const last = reserved ? words.t("window_reserved") : "";
  return line(seconds < 3600 || left === 1 ? "warm" : "calm", words.t("window_left", { time: words.countdown(seconds) }), count, last, words.one("window", why, ""));
}

// A countdown runs by itself.
function showLimits(aside = talk.aside) {
  const { limits, owner } = aside ?? {};
  const lines = limits ? limitLines(limits) : [];
  if (owner && owner !== me.id) lines.push(["calm", words.t("other_has_it", { name: names.of(owner) })]);
  else if (aside && !owner) lines.push(["calm", words.t("reply_takes")]);
  const key = JSON.stringify(lines);
  if (key === showLimits.shown) return;
  showLimits.shown = key;
  of("limits").replaceChildren(...lines.map(([kind, text]) => element("p", { className: kind }, icon(kind === "calm" ? "info" : "alert"), element("span", {}, text))));
}

function write(mode) {
  if (!open) return;
  document.body.dataset.view = "talk";
  if (mode === "note" || composer.writable) composer.setMode(mode);
  composer.focus();
}

async function sendAgain(line, button) {
  button.disabled = true;
  const answer = await api.post(about(open, "again"), { seq: line.seq });
  if (answer.ok) return button.remove();
  button.disabled = false;
  toast(answer.error === "held_by_other" ? words.t("not_yours") : words.t(isLater(answer) ? "no_answer" : "not_again"), true);
}

function renamed() {
  talk.renamed();
  queue.render();
  showHead();
}

let toasting;
function toast(text, bad = false) {
  const place = of("toast");
  place.classList.toggle("bad", bad);
  place.textContent = text;
  clearTimeout(toasting);
  toasting = setTimeout(() => (place.textContent = ""), TOAST);
}

let wasConnected = false;
let bannerTimer;
function connected(now) {
  if (now === wasConnected) return;
  wasConnected = now;
  document.body.classList.toggle("away", !now);
  clearTimeout(bannerTimer);
  const banner = of("banner");
  if (!now) bannerTimer = setTimeout(() => announce(words.t("offline")), navigator.onLine ? OFFLINE_AFTER : 0);
  else {
    of("signed-out").hidden = true;
    if (banner.textContent) announce(words.t("online"), true);
    sending.retryAll();
    names.load();
  }
}

function announce(text, good = false) {
  const banner = of("banner");
  banner.textContent = text;
  banner.classList.toggle("good", good);
  if (good) bannerTimer = setTimeout(() => announce(""), 2500);
}

// Everything stays where it is: signing in again in another tab goes on from here.
function signedOut() {
  clearTimeout(bannerTimer);
  announce("");
  of("signed-out").hidden = false;
}

addEventListener("popstate", () => show(new URLSearchParams(location.search).get("c") ?? "", { remember: false }));
addEventListener("focus", () => wasConnected || news.line.now());
of("back").addEventListener("click", () => show(""));
of("to-side").addEventListener("click", () => (document.body.dataset.view = "side"));
of("from-side").addEventListener("click", () => (document.body.dataset.view = "talk"));
setInterval(showLimits, 1000);
enter();
names.load();
news.connect();
