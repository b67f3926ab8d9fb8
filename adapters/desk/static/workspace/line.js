// One line of a conversation as a node: who, the words, pictures and files, when, and what became of it.

import { MARK, element, icon, linked } from "../element.js";
import { about } from "./api.js";

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const KINDS = ["voice", "video", "sticker", "location", "contact"];

export class Lines {
  // `act`: again(line) for what failed; retry(item), discard(item), back(item) for what this page still has to send.
  constructor({ words, names, me }, act) {
    Object.assign(this, { words, names, me, act });
  }

  ofLine(conversation, line) {
    const files = line.attachments.map((file) => this.file(file, about(conversation, `files/${encodeURIComponent(file.ref)}`)));
    const side = line.sender === "customer" ? "theirs" : "ours";
    const node = this.message(side, line.sender, line.author, line.at, line.text, files);
    node.dataset.seq = line.seq;
    node.classList.add(line.delivery);
    if (line.pressed) node.querySelector(".bubble")?.classList.add("pressed");
    const body = node.querySelector(".body");
    if (line.choices.length) body.insertBefore(this.choices(line.choices), node.querySelector(".meta"));
    node.querySelector(".meta").append(...this.fate(line));
    return node;
  }

  // What this page has sent and the conversation does not have yet.
  ofItem(item) {
    const files = item.files.map((file) => this.file(file, about(item.c, `files/${encodeURIComponent(file.ref)}`)));
    const node = item.kind === "note" ? this.ofNote({ author: this.me.id, words: item.text, at: item.at }) : this.message("ours", "staff", this.me.id, item.at, item.text, files);
    node.dataset.id = item.id;
    node.classList.add("pending", item.state);
    node.querySelector(".meta").append(...this.standing(item));
    return node;
  }

  ofNote(note) {
    const time = element("time", { dateTime: new Date(note.at * 1000).toISOString() }, this.words.clock(note.at));
    return element(
      "div",
      { className: "note", data: { at: note.at, sender: "note" } },
      element("p", { className: "by" }, icon("lock"), element("b", { dir: "auto" }, this.names.of(note.author)), element("span", {}, this.words.t("note_private"))),
      element("p", { className: "words", dir: "auto" }, ...linked(note.words, this.words.t("new_window"))),
      element("p", { className: "meta" }, time),
    );
  }

  message(side, sender, author, at, text, files) {
    const bubble = text ? [element("p", { className: "bubble", dir: "auto" }, ...linked(text, this.words.t("new_window")))] : [];
    const time = element("time", { dateTime: new Date(at * 1000).toISOString() }, this.words.clock(at));
    return element(
      "div",
      { className: `message ${side} ${sender}`, data: { sender: `${sender}:${author}`, at } },
      this.face(sender, author),
      element("div", { className: "body" }, element("p", { className: "name", dir: "auto" }, this.nameOf(sender, author)), ...files, ...bubble, element("p", { className: "meta" }, time)),
    );
  }

  nameOf(sender, author) {
    if (sender === "staff") return this.names.of(author) || this.words.t("colleague");
    return this.words.t(sender);
  }

  face(sender, author) {
    const node = element("span", { className: "face", "aria-hidden": "true" });
    if (sender === "bot") node.append(element("img", { src: MARK, alt: "", width: 28, height: 28 }));
    else node.append(sender === "customer" ? icon("person") : ([...this.names.full(author)][0] ?? "?"));
    return node;
  }

  choices(choices) {
    return element("ul", { className: "choices", "aria-label": this.words.t("choices") }, ...choices.map(({ label }) => element("li", { dir: "auto" }, label)));
  }

  fate(line) {
    const words = this.words;
    if (line.sender === "customer") return [];
    if (line.delivery === "held") return [separator(), element("span", { className: "fate" }, icon("pause"), words.t("held"))];
    if (line.delivery === "queued") return [separator(), element("span", { className: "fate" }, icon("clock"), words.t("queued"))];
    if (line.delivery === "failed") return this.failure(line);
    return line.sender === "staff" ? [separator(), element("span", { className: "fate" }, icon("check"), words.t("sent"))] : [];
  }

  failure(line) {
    const why = this.words.one("why", line.why, line.why) || this.words.t("why_unknown");
    if (line.why === "sent_again") return [separator(), element("span", { className: "fate" }, icon("alert"), `${this.words.t("failed")} · ${why}`)];
    const again = element("button", { type: "button", className: "link", onclick: (event) => this.act.again(line, event.target) }, this.words.t("send_again"));
    return [separator(), element("span", { className: "fate bad" }, icon("alert"), `${this.words.t("failed")} · ${why}`), again];
  }

  standing(item) {
    const words = this.words;
    const button = (key, act) => element("button", { type: "button", className: "link", onclick: () => act(item) }, words.t(key));
    if (item.state === "refused") {
      return [separator(), element("span", { className: "fate bad" }, icon("alert"), words.one("refused", item.why, words.t("refused"))), button("to_composer", this.act.back), button("discard", this.act.discard)];
    }
    if (item.state === "waiting") {
      return [separator(), element("span", { className: "fate warm" }, icon("clock"), words.t("not_out_yet")), button("send_again", this.act.retry), button("to_composer", this.act.back)];
    }
    return [separator(), element("span", { className: "fate" }, icon("clock"), words.t(item.state === "sent" ? "taken" : "sending"))];
  }

  file(file, address) {
    const name = file.name || this.words.one("kind", file.kind, this.words.t("kind_file"));
    if (!file.ref) return element("p", { className: "file bare", dir: "auto" }, icon("file"), element("span", {}, element("b", {}, name), element("small", {}, this.words.one("kind", file.kind, ""))));
    if (IMAGES.includes(file.media_type)) {
      const image = element("img", { src: address, alt: name, loading: "lazy" });
      return element("a", { className: "picture", href: address, target: "_blank", rel: "noopener" }, image, element("span", { className: "sr" }, this.words.t("new_window")));
    }
    const kind = KINDS.includes(file.kind) ? `${this.words.one("kind", file.kind)} · ` : "";
    const text = element("span", {}, element("b", { dir: "auto" }, name), element("small", {}, `${kind}${this.words.size(file.size)}`));
    return element("a", { className: "file", href: address, download: "" }, icon("file"), text);
  }
}

const separator = () => element("span", { className: "sep", "aria-hidden": "true" }, "·");
