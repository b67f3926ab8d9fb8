// One message as a node: who, the words, pictures and files, when, and where a sent one stands.

import { element, icon, linked, MARK } from "./element.js";

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export class Messages {
  constructor(texts, language) {
    this.texts = texts;
    this.time = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
  }

  // A line of the history: { seq, at, sender, text, attachments, ... }.
  ofEntry(entry) {
    const files = entry.attachments.map((file) => this.file(file, `/chat/files/${encodeURIComponent(file.ref)}`));
    return this.message(entry.sender, entry.at, entry.text, files, { seq: entry.seq });
  }

  // Something the customer just sent: { id, at, text, file, state, ... }.
  ofItem(item, { retry, discard }) {
    const node = this.message("customer", item.at, item.text, item.file ? [this.localFile(item)] : [], { id: item.id });
    node.classList.add(item.state);
    const meta = node.querySelector(".meta");
    if (item.state === "failed") meta.replaceChildren(...this.failure(item, retry, discard));
    else if (item.state !== "sent") meta.append(` · ${this.texts.sending}`);
    return node;
  }

  message(sender, at, text, files, data) {
    const theirs = sender !== "customer";
    const words = text ? [element("p", { className: "bubble", dir: "auto" }, ...linked(text, this.texts.new_window))] : [];
    return element(
      "div",
      { className: `message ${theirs ? "theirs" : "mine"} ${sender}`, data: { ...data, sender, at } },
      theirs ? this.face(sender) : null,
      element(
        "div",
        { className: "body" },
        element("p", { className: sender === "staff" ? "name" : "name sr" }, this.texts[sender === "customer" ? "you" : sender]),
        ...files,
        ...words,
        element("p", { className: "meta" }, element("time", { dateTime: new Date(at * 1000).toISOString() }, this.time.format(at * 1000))),
      ),
    );
  }

  // Somebody is writing: a person by this name, or with null the bot.
  typing(person) {
    const said = person === null ? this.texts.typing : this.texts.person_writes.replace("{name}", () => person);
    const dots = [1, 2, 3].map(() => element("i"));
    return element(
      "div",
      { className: `message theirs first ${person === null ? "bot" : "staff"}` },
      this.face(person === null ? "bot" : "staff"),
      element("p", { className: "bubble dots" }, element("span", { className: "sr" }, said), ...dots),
    );
  }

  face(sender) {
    const face = element("span", { className: "face" });
    face.append(sender === "staff" ? icon("person") : element("img", { src: MARK, alt: "", width: 32, height: 32 }));
    return face;
  }

  failure(item, retry, discard) {
    const reason = item.final ? this.reason(item.reason) : this.texts.not_sent;
    const again = item.final
      ? element("button", { type: "button", onclick: discard }, this.texts.discard)
      : element("button", { type: "button", onclick: retry }, this.texts.retry);
    return [`${reason} · `, again];
  }

  reason(code) {
    const text = this.texts[code] || this.texts.refused;
    return text.replace("{size}", this.texts.max_size);
  }

  file(file, address) {
    if (IMAGES.includes(file.media_type)) {
      const image = element("img", { src: address, alt: file.name || this.texts.image, loading: "lazy" });
      return element("a", { className: "picture", href: address, target: "_blank", rel: "noopener" }, image, this.hint());
    }
    const words = element("span", {}, element("b", { dir: "auto" }, file.name || this.texts.file), element("small", {}, size(file.size)));
    return element("a", { className: "file", href: address, download: "" }, icon("file"), words);
  }

  hint() {
    return element("span", { className: "sr" }, this.texts.new_window);
  }

  localFile(item) {
    item.preview ??= URL.createObjectURL(item.file);
    return this.file({ media_type: item.file.type, name: item.file.name, size: item.file.size }, item.preview);
  }
}

function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
