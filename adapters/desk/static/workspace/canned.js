// Replies that are written once: "/" and a few letters find one, and its variables are filled in.

import { element } from "../element.js";

const ASKED = /(^|\s)\/([^\s/]*)$/;
const MOST = 6; // as many as stand there without scrolling

export class Canned {
  // `values()`: what {customer}, {agent}, {order}, {company} and {hotline} stand for now; `language()`: the customer's.
  constructor(api, words, text, popup, { values, language }) {
    Object.assign(this, { api, words, text, popup, values, language });
    this.replies = [];
    this.found = [];
    this.at = 0;
    text.addEventListener("input", () => this.look());
    text.addEventListener("click", () => this.look());
    text.addEventListener("blur", () => this.close());
    this.load();
  }

  async load() {
    const { ok, data } = await this.api.get("/desk/api/canned");
    if (ok) this.replies = data.canned;
  }

  get open() {
    return !this.popup.hidden;
  }

  // The "/" before the caret and what follows it; null when there is none.
  asked() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    const match = before.match(ASKED);
    return match && { from: before.length - match[2].length - 1, words: match[2].toLowerCase() };
  }

  look() {
    const asked = this.text.selectionStart === this.text.selectionEnd && this.asked();
    if (!asked || !this.replies.length) return this.close();
    this.found = this.search(asked.words);
    this.at = 0;
    this.show();
  }

  search(words) {
    const language = this.language();
    const rank = (reply) => {
      const place = [reply.shortcut.startsWith(words), reply.shortcut.includes(words), reply.title.toLowerCase().includes(words), reply.words.toLowerCase().includes(words)].indexOf(true);
      return place < 0 ? Infinity : place + (reply.language === language ? 0 : 10);
    };
    return this.replies
      .map((reply) => [rank({ ...reply, shortcut: reply.shortcut.toLowerCase() }), reply])
      .filter(([place]) => place < Infinity)
      .sort(([one], [other]) => one - other)
      .slice(0, MOST)
      .map(([, reply]) => reply);
  }

  show() {
    const options = this.found.map((reply, place) => {
      const props = { role: "option", id: `canned-${place}`, "aria-selected": String(place === this.at), onpointerdown: (event) => this.pick(event, place) };
      return element("li", props, element("kbd", {}, `/${reply.shortcut}`), element("span", {}, element("b", { dir: "auto" }, reply.title), element("small", { dir: "auto" }, this.filled(reply.words).text)));
    });
    if (!options.length) options.push(element("li", { className: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, this.words.t("canned_none")));
    this.popup.replaceChildren(...options);
    this.popup.hidden = false;
    if (this.found.length) this.text.setAttribute("aria-activedescendant", `canned-${this.at}`);
    else this.text.removeAttribute("aria-activedescendant");
    this.popup.children[this.at]?.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.popup.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }

  // True when the key was for the list.
  key(event) {
    if (!this.open) return false;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && this.found.length) {
      this.at = (this.at + moves[event.key] + this.found.length) % this.found.length;
      this.show();
    } else if ((event.key === "Enter" || event.key === "Tab") && this.found.length) this.insert(this.found[this.at]);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  pick(event, place) {
    event.preventDefault(); // the caret stays where it is
    this.insert(this.found[place]);
  }

  insert(reply) {
    const asked = this.asked();
    if (!asked) return this.close();
    const { text, gap } = this.filled(reply.words);
    this.text.setRangeText(text, asked.from, this.text.selectionStart, "end");
    if (gap) this.text.setSelectionRange(asked.from + gap[0], asked.from + gap[1]);
    this.close();
    this.text.dispatchEvent(new InputEvent("input", { bubbles: true }));
    this.close();
  }

  // The words with what is known filled in; `gap`: where the first thing stands that is not.
  filled(words) {
    const values = this.values();
    const text = words.replace(/\{(\w+)\}/g, (whole, name) => values[name] || whole);
    const gap = text.match(/\{(customer|agent|order|company|hotline)\}/);
    return { text, gap: gap && [gap.index, gap.index + gap[0].length] };
  }
}
