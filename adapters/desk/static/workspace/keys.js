// Shortcuts: single keys, and none of them while somebody writes or is being asked something.

import { element } from "../element.js";

export class Keys {
  // `acts`: what each key does.
  constructor(words, acts) {
    this.words = words;
    this.acts = { ...acts, "?": () => this.help() };
    this.dialog = document.getElementById("shortcuts");
    addEventListener("keydown", (event) => this.key(event));
    document.getElementById("keys").addEventListener("click", () => this.help());
  }

  key(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isWriting(event.target) || document.querySelector("dialog[open]")) return;
    const act = this.acts[event.key] ?? this.acts[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  }

  help() {
    if (!this.dialog.childElementCount) this.fill();
    this.dialog.showModal();
  }

  fill() {
    const rows = ["j", "k", "Enter", "c", "r", "n", "/", "t", "b", "x", "Esc", "?"].map((key) =>
      element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, this.words.t(`key_${{ "/": "slash", "?": "help" }[key] ?? key.toLowerCase()}`))),
    );
    this.dialog.append(
      element("form", { method: "dialog" }, element("h2", { id: "shortcuts-title" }, this.words.t("shortcuts")), element("dl", { className: "shortcuts" }, ...rows), element("p", { className: "hint" }, this.words.t("shortcuts_hint")), element("div", { className: "buttons" }, element("button", { className: "strong" }, this.words.t("close_dialog")))),
    );
  }
}

// A dialog that was closed may keep the focus for another moment: nobody writes there any more.
const isWriting = (node) => !node.closest?.("dialog") && (node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName));
