// Where a member of staff writes: a reply, or a note for colleagues. Enter sends, except while an input method is still
// composing (Chinese!). What is written stays in this browser until it was taken, conversation by conversation.

import { element, icon } from "../element.js";
import { about } from "./api.js";
import { Canned } from "./canned.js";

const TALLEST = 220;
const TELL_EVERY = 1200;
const TELL_AGAIN = 30000;
const MOST_FILES = 10;

export class Composer {
  // `app`: words, api, keeping, settings. `on`: send({ kind, text, files, id }); `values` and `language` for replies.
  constructor(app, on) {
    Object.assign(this, app, { on });
    const of = (id) => document.getElementById(id);
    this.form = of("composer");
    this.text = of("text");
    this.input = of("file");
    this.files = of("files");
    this.alert = of("composer-alert");
    this.hint = of("enter-mode");
    this.modes = [...this.form.querySelectorAll("[data-mode]")];
    this.canned = new Canned(this.api, this.words, this.text, of("canned"), on);
    this.listen();
    this.open("", false);
    this.showEnter();
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("paste", (event) => this.take(event, event.clipboardData));
    document.getElementById("attach").addEventListener("click", () => this.input.click());
    document.getElementById("replies").addEventListener("click", () => this.ask());
    this.input.addEventListener("change", () => {
      for (const file of this.input.files) this.attach(file);
      this.input.value = "";
      this.focus();
    });
    this.hint.addEventListener("click", () => {
      this.keeping.write("enter", this.ctrl() ? null : "ctrl");
      this.showEnter();
      this.focus();
    });
    for (const mode of this.modes) mode.addEventListener("click", () => (this.setMode(mode.dataset.mode), this.focus()));
    this.watchDrops();
    addEventListener("pagehide", () => this.told && this.tell("", { keepalive: true }));
  }

  // Another conversation: what was being written there comes back. `writable`: whether a reply may be sent.
  open(conversation, writable) {
    this.leave();
    this.c = conversation;
    this.kept = conversation ? this.keeping.read(`draft:${conversation}`, {}) : {};
    this.uploads = (this.kept.files ?? []).map((file) => ({ file, done: 1 }));
    this.id = this.kept.id;
    this.complain("");
    this.mode = "reply";
    this.text.value = this.kept.reply ?? "";
    this.allow(writable);
    this.showFiles();
    this.fit();
    if (this.text.value) this.later();
  }

  // What the conversation's state allows changes while one looks.
  allow(writable) {
    this.writable = writable;
    this.form.hidden = !this.c;
    const reply = this.modes.find(({ dataset }) => dataset.mode === "reply");
    reply.disabled = !writable;
    this.setMode(writable ? this.mode : "note");
  }

  setMode(mode) {
    if (mode !== this.mode) {
      this.write();
      this.mode = mode;
      this.text.value = this.kept[mode] ?? "";
      this.later();
    }
    this.form.dataset.mode = mode;
    for (const each of this.modes) each.setAttribute("aria-pressed", String(each.dataset.mode === mode));
    const note = mode === "note";
    this.text.placeholder = this.words.t(note ? "placeholder_note" : "placeholder_reply");
    this.text.setAttribute("aria-label", this.words.t(note ? "write_note" : "write_reply"));
    this.form.querySelector(".send span").textContent = this.words.t(note ? "keep_note" : "send");
    document.getElementById("attach").hidden = document.getElementById("replies").hidden = note;
    this.files.hidden = note;
    this.fit();
  }

  ctrl() {
    return this.keeping.read("enter") === "ctrl";
  }

  showEnter() {
    this.hint.textContent = this.words.t(this.ctrl() ? "enter_line" : "enter_sends");
  }

  key(event) {
    // keyCode 229: some browsers end the composition before they tell of the Enter that ended it.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.canned.key(event)) return;
    if (event.key === "Escape") return this.text.blur();
    if (event.key !== "Enter") return;
    const withKey = event.ctrlKey || event.metaKey;
    if (this.ctrl() ? !withKey : event.shiftKey) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.text.value.trim();
    const files = this.mode === "reply" ? this.uploads : [];
    if (!text && !files.length) return this.focus();
    if (files.some(({ file }) => !file)) return this.complain(this.words.t("still_uploading"));
    const said = { kind: this.mode, text, files: files.map(({ file }) => file), id: this.mode === "reply" ? this.id : undefined };
    this.text.value = "";
    if (this.mode === "reply") {
      this.uploads = [];
      this.id = undefined;
    }
    this.complain("");
    this.showFiles();
    this.changed();
    this.tell("");
    this.on.send(said);
    this.text.focus();
  }

  // Words that were not sent come back, before what has been written since.
  bringBack(item, complaint = "") {
    const name = `draft:${item.c}`;
    const kept = item.c === this.c ? this.current() : this.keeping.read(name, {});
    kept[item.kind] = [item.text, kept[item.kind]].filter(Boolean).join("\n");
    kept.files = [...item.files, ...(kept.files ?? [])];
    if (item.kind === "reply") kept.id = item.id;
    this.keeping.write(name, kept);
    if (item.c !== this.c) return;
    const { writable } = this;
    this.open(item.c, writable);
    this.setMode(item.kind);
    this.complain(complaint);
    this.text.focus();
  }

  changed() {
    this.write();
    this.fit();
    this.later();
  }

  current() {
    return { ...this.kept, [this.mode]: this.text.value, files: this.uploads.filter(({ file }) => file).map(({ file }) => file), id: this.id };
  }

  write() {
    if (!this.c) return;
    this.kept = this.current();
    const { reply, note, files } = this.kept;
    this.keeping.write(`draft:${this.c}`, reply || note || files.length ? this.kept : null);
  }

  // Colleagues see a reply while it grows: told at most every so often, and again while it stands.
  later() {
    clearTimeout(this.again);
    this.telling ??= setTimeout(() => {
      this.telling = null;
      const words = this.mode === "reply" ? this.text.value.trim() : "";
      if (words !== this.told) this.tell(words);
      if (words) this.again = setTimeout(() => this.tell(this.text.value.trim()), TELL_AGAIN);
    }, TELL_EVERY);
  }

  tell(words, more) {
    if (!this.c || (!words && !this.told)) return;
    this.told = words;
    this.api.post(about(this.c, "draft"), { words }, more);
  }

  leave() {
    clearTimeout(this.telling);
    clearTimeout(this.again);
    this.telling = null;
    if (this.told) this.tell("");
    this.told = "";
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, TALLEST)}px`;
    const full = this.text.value.trim() || (this.mode === "reply" && this.uploads.length);
    this.form.classList.toggle("ready", Boolean(full));
  }

  focus() {
    if (!this.form.hidden) this.text.focus();
  }

  // As if "/" had been typed.
  ask() {
    this.focus();
    const { value, selectionStart } = this.text;
    const before = selectionStart && !/\s$/.test(value.slice(0, selectionStart)) ? " /" : "/";
    this.text.setRangeText(before, selectionStart, this.text.selectionEnd, "end");
    this.text.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  complain(text) {
    this.alert.textContent = text;
  }

  async attach(file) {
    const limit = this.settings.max_file;
    if (!this.writable) return;
    if (file.size > limit) return this.complain(this.words.t("too_large", { name: file.name, size: Math.floor(limit / 1024 / 1024) }));
    if (!file.size) return this.complain(this.words.t("empty_file", { name: file.name }));
    if (this.uploads.length >= MOST_FILES) return this.complain(this.words.t("too_many_files", { n: MOST_FILES }));
    this.complain("");
    this.setMode("reply");
    const conversation = this.c;
    const upload = { name: file.name, size: file.size, done: 0 };
    this.uploads.push(upload);
    this.showFiles();
    const answer = await this.api.upload(about(conversation, "files"), file, (done) => {
      upload.done = done;
      this.showProgress(upload);
    });
    if (conversation !== this.c || !this.uploads.includes(upload)) return;
    if (answer.ok) upload.file = answer.data;
    else {
      this.uploads = this.uploads.filter((each) => each !== upload);
      this.complain(this.words.t(answer.status === 413 ? "too_large" : "not_uploaded", { name: file.name, size: Math.floor(limit / 1024 / 1024) }));
    }
    this.showFiles();
    this.changed();
  }

  showFiles() {
    const chips = this.uploads.map((upload) => {
      const name = upload.file?.name ?? upload.name;
      const remove = () => {
        this.uploads = this.uploads.filter((each) => each !== upload);
        this.showFiles();
        this.changed();
        this.focus();
      };
      upload.bar = element("progress", { max: 1, value: upload.done, hidden: Boolean(upload.file), "aria-label": this.words.t("uploading", { name }) });
      return element("li", {}, icon("file"), element("span", { dir: "auto" }, name), upload.bar, element("button", { type: "button", className: "quiet", "aria-label": this.words.t("remove", { name }), onclick: remove }, icon("close")));
    });
    this.files.replaceChildren(...chips);
  }

  showProgress(upload) {
    if (upload.bar) upload.bar.value = upload.done;
  }

  take(event, data) {
    const files = [...(data?.files || [])];
    if (!files.length || !this.c) return;
    event.preventDefault();
    files.forEach((file) => this.attach(file));
  }

  watchDrops() {
    const sign = document.getElementById("drop");
    const over = (on) => (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      sign.hidden = !on || !this.c || !this.writable;
    };
    addEventListener("dragover", over(true));
    addEventListener("dragleave", (event) => event.relatedTarget || over(false)(event));
    addEventListener("drop", (event) => {
      over(false)(event);
      this.take(event, event.dataTransfer);
    });
  }
}
