// Joins the page's parts: what is written and pressed, what is sent, what arrives.

import { Composer, draft } from "./composer.js";
import { Live } from "./live.js";
import { Log } from "./log.js";
import { Sending } from "./sending.js";
import "./toggle.js";

const OFFLINE_AFTER = 1500; // a short break needs no words
const RELOAD_PAUSE = 10000;
const WRITING_AGAIN = 3000; // in between, a sign that the customer writes would tell nothing new

const settings = JSON.parse(document.getElementById("settings").textContent);
const texts = { ...settings.texts, max_size: Math.floor(settings.max_file / 1024 / 1024) };
const banner = document.getElementById("banner");
const problem = document.getElementById("problem");
const tagline = document.getElementById("counterpart");
let person = null; // the name of whoever has the conversation, null while it is the bot
let toldWriting = 0;

const log = new Log(texts, settings.language, {
  press: (choice) => sending.add({ text: choice.label, press: choice.token }),
  retry: (item) => sending.retry(item),
  discard: (item) => sending.forget(item),
  resume: () => composer.focus(),
});

const sending = new Sending(settings.chat, {
  change: (item) => log.showItem(item),
  gone: (item) => log.gone(item),
  lost,
});

const composer = new Composer({
  say: (text) => {
    complain("");
    sending.add({ text });
  },
  file: (file) => {
    if (file.size > settings.max_file) return complain(texts.too_large.replace("{size}", texts.max_size));
    complain(file.size ? "" : texts.empty_file);
    if (file.size) sending.add({ file });
  },
  writes,
});

const live = new Live(settings.chat, {
  entry: (entry) => {
    log.show(entry);
    if (entry.id) sending.settle(entry.id);
  },
  caughtUp: () => {
    if (!log.ready) {
      log.caughtUp();
      sending.restore();
    }
  },
  counterpart,
  connected,
  lost,
});

// Whom the customer talks to now.
function counterpart({ person: name, place, writing }) {
  person = name;
  const who = name || texts.somebody;
  const shows = name === null ? (place ? "in_queue" : "tagline") : writing ? "person_writes" : "with_person";
  tagline.textContent = texts[shows].replace("{name}", () => who).replace("{place}", place);
  log.counterpart(name === null ? null : who, writing, () => counterpart({ person: name, place, writing: false }));
}

// Only a person looks whether the customer is writing, and never at what.
function writes() {
  if (person === null || Date.now() - toldWriting < WRITING_AGAIN) return;
  toldWriting = Date.now();
  fetch(`/chat/writing?${new URLSearchParams({ chat: settings.chat })}`, { method: "POST" }).catch(() => {});
}

let wasConnected = false;
let bannerTimer;

function connected(now) {
  if (now === wasConnected) return;
  wasConnected = now;
  document.body.classList.toggle("away", !now);
  clearTimeout(bannerTimer);
  if (!now) bannerTimer = setTimeout(() => announce(texts.offline), navigator.onLine ? OFFLINE_AFTER : 0);
  else {
    if (banner.textContent) announce(texts.online, true);
    sending.retryAll();
  }
}

function announce(text, good = false) {
  banner.textContent = text;
  banner.classList.toggle("good", good);
  if (good) bannerTimer = setTimeout(() => announce(""), 2500);
}

function complain(text) {
  problem.textContent = text;
}

// This browser holds another chat by now, or none: show that one, with the words that never went out.
function lost() {
  const last = Number(sessionStorage.getItem("tepai-reloaded"));
  if (Date.now() - last < RELOAD_PAUSE) return;
  sessionStorage.setItem("tepai-reloaded", Date.now());
  const unsent = sending.items.filter((item) => item.press === undefined && !item.file && item.state !== "sent");
  draft.write([...unsent.map((item) => item.text), draft.read()].filter(Boolean).join("\n"));
  location.reload();
}

async function newChat() {
  const answer = await fetch("/chat/new", { method: "POST" }).catch(() => null);
  if (answer?.ok) location.assign(`/chat?lang=${settings.language}`);
  else complain(texts.refused);
}

// Phones lay the keyboard over the page; only the visual viewport knows how much is left.
function fitViewport() {
  const { height, offsetTop } = window.visualViewport;
  document.documentElement.style.setProperty("--height", `${height}px`);
  document.documentElement.style.setProperty("--top", `${offsetTop}px`);
}

const ask = document.getElementById("ask");
document.getElementById("new").addEventListener("click", () => ask.showModal());
ask.addEventListener("close", () => (ask.returnValue === "new" ? newChat() : composer.focus()));
for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => {
    sending.add({ text: button.dataset.say });
    composer.focus();
  });
}
if (window.visualViewport) {
  window.visualViewport.addEventListener("resize", fitViewport);
  window.visualViewport.addEventListener("scroll", fitViewport);
  fitViewport();
}
composer.focus();
live.connect();
