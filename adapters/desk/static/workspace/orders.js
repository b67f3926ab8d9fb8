// The customer's orders beside the conversation: as they are now, and what may be done to them.

import { element, icon } from "../element.js";
import { about, isLater, newId } from "./api.js";
import { ask, check, choice, field } from "./dialogs.js";
import { asChinas, fromChinas } from "./words.js";

const EVERY = 30000;
const FIELDS = ["address", "phone", "recipient"];
const REASONS = ["no_courier", "too_slow", "wrong_information", "placed_twice", "not_needed", "price", "other"];
const ACTS = ["cancel", "correct", "tip", "reschedule", "watch"];

export class Orders {
  // `on`: toast(text), changed(cards).
  constructor(root, { api, words }, on) {
    Object.assign(this, { root, api, words, on });
    this.open("");
    setInterval(() => document.hidden || this.load(), EVERY);
  }

  // `order`: the number of the one it is about, which is shown first.
  open(conversation, order = "") {
    this.c = conversation;
    this.order = order;
    this.cards = [];
    this.unfolded = new Set(order ? [order] : []);
    this.root.replaceChildren();
    this.load();
  }

  about(order) {
    if (order === this.order) return;
    this.order = order;
    if (order) this.unfolded.add(order);
    this.show();
  }

  async load() {
    const conversation = this.c;
    if (!conversation) return;
    const { ok, data, error } = await this.api.get(about(conversation, "orders"));
    if (conversation !== this.c) return;
    if (ok) this.take(data.orders);
    else if (!this.cards.length) this.root.replaceChildren(element("p", { className: "hint" }, this.words.t(error === "order_service_down" ? "orders_away" : "orders_not_read")));
  }

  take(cards) {
    const same = JSON.stringify(cards) === JSON.stringify(this.cards) && this.root.childElementCount;
    this.cards = cards;
    if (!this.unfolded.size && cards.length) this.unfolded.add(cards[0].number);
    if (!same) this.show();
    this.on.changed(cards);
  }

  show() {
    const cards = [...this.cards].sort((one, other) => (other.number === this.order) - (one.number === this.order));
    if (!cards.length) return this.root.replaceChildren(element("p", { className: "hint" }, this.words.t("no_orders")));
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.root.replaceChildren(...cards.map((card) => this.card(card)));
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  card(card) {
    const summary = element(
      "summary",
      { data: { key: `${card.number}:summary` } },
      element("span", { className: "what" }, element("b", { dir: "auto" }, card.goods || card.number), element("small", { className: "number" }, card.number)),
      element("span", { className: `badge ${card.is_over ? "calm" : "brand"}` }, card.state_text),
    );
    const facts = card.facts.flatMap(([label, value]) => [element("dt", {}, label), element("dd", { dir: "auto" }, value)]);
    const details = element(
      "details",
      { className: "order", open: this.unfolded.has(card.number), ontoggle: () => this.fold(card, details.open) },
      summary,
      card.diagnosis.length ? element("ul", { className: "diagnosis" }, ...card.diagnosis.map((line) => element("li", { dir: "auto" }, line))) : null,
      element("dl", {}, ...facts),
      card.watched ? element("p", { className: "watched" }, icon("eye"), this.words.t("watched")) : null,
      this.buttons(card),
    );
    return details;
  }

  fold(card, open) {
    if (open) this.unfolded.add(card.number);
    else this.unfolded.delete(card.number);
  }

  buttons(card) {
    const may = (act) => (act === "correct" ? FIELDS.some((name) => card.may.includes(name)) : card.may.includes(act));
    const acts = ACTS.filter(may).map((act) =>
      element("button", { type: "button", className: `plain small${act === "cancel" ? " danger" : ""}`, data: { key: `${card.number}:${act}` }, onclick: () => this[act](card) }, this.words.t(`act_${act}`)),
    );
    const refresh = card.may.includes("refresh")
      ? [element("button", { type: "button", className: "quiet small", data: { key: `${card.number}:refresh` }, onclick: () => this.refresh(card) }, icon("refresh"), this.words.t("act_refresh"))]
      : [];
    return element("div", { className: "buttons" }, ...acts, ...refresh);
  }

  path(card, act) {
    return about(this.c, `orders/${encodeURIComponent(card.number)}/${act}`);
  }

  async refresh(card) {
    const { ok, data } = await this.api.post(this.path(card, "refresh"));
    if (ok) this.replace(data.card);
    this.on.toast(this.words.t(ok ? "refreshed" : "orders_away"));
  }

  replace(card) {
    this.take(this.cards.map((each) => (each.number === card.number ? card : each)));
  }

  // The price first; what it is now is what is confirmed, and when it has risen meanwhile, it is asked again.
  async cancel(card) {
    const path = this.path(card, "cancel");
    let { ok, data: quote } = await this.api.get(this.path(card, "quote"));
    if (!ok) return this.on.toast(this.words.t("orders_away"));
    const id = newId();
    let before = null;
    for (;;) {
      const said = await this.confirmCancel(card, quote, before);
      if (!said) return;
      const done = await this.act(path, { id: before ? newId() : id, fee: quote.fee, reason: said.get("reason"), tell: said.has("tell") });
      if (!done) return;
      if (!done.quote) return this.tell(done);
      before = said;
      quote = done.quote;
    }
  }

  confirmCancel(card, quote, before) {
    const { words } = this;
    if (!quote.allowed) return ask({ title: words.t("cancel_title", { number: card.number }), about: quote.words, cancel: words.t("close_dialog") });
    const chosen = before?.get("reason");
    const reasons = REASONS.map((reason) => element("option", { value: reason, selected: reason === chosen }, words.one("cancel_reason", reason)));
    const price = words.money.format(quote.fee / 100);
    return ask({
      title: words.t(before ? "cancel_rose" : "cancel_title", { number: card.number }),
      about: quote.words,
      fields: [field(words.t("cancel_reason"), element("select", { name: "reason" }, ...reasons)), check("tell", words.t("tell_customer"), before ? before.has("tell") : true)],
      confirm: quote.fee ? words.t("cancel_for", { price }) : words.t("cancel_free"),
      cancel: words.t("leave_order"),
      danger: true,
    });
  }

  async correct(card) {
    const { words } = this;
    const fields = FIELDS.filter((name) => card.may.includes(name));
    const value = element("input", { name: "value", required: true, maxLength: 200, autocomplete: "off", dir: "auto" });
    const said = await ask({
      title: words.t("correct_title", { number: card.number }),
      fields: [choice("field", words.t("correct_field"), fields.map((name) => [name, words.t(`field_${name}`)])), field(words.t("correct_value"), value), check("tell", words.t("tell_customer"), true)],
      confirm: words.t("save"),
      cancel: words.t("cancel"),
    });
    if (said) this.tell(await this.act(this.path(card, "correct"), { id: newId(), field: said.get("field"), value: said.get("value"), tell: said.has("tell") }));
  }

  async tip(card) {
    const { words } = this;
    const amount = element("input", { name: "amount", type: "number", min: "0.5", max: "500", step: "0.5", value: "5", required: true, inputMode: "decimal" });
    const said = await ask({ title: words.t("tip_title", { number: card.number }), fields: [field(words.t("tip_amount"), amount), check("tell", words.t("tell_customer"), true)], confirm: words.t("tip_confirm"), cancel: words.t("cancel") });
    if (said) this.tell(await this.act(this.path(card, "tip"), { id: newId(), amount: Math.round(Number(said.get("amount")) * 100), tell: said.has("tell") }));
  }

  async reschedule(card) {
    const { words } = this;
    const at = element("input", { name: "at", type: "datetime-local", required: true, min: asChinas(words.now()), value: asChinas(words.now() + 2 * 3600) });
    const said = await ask({ title: words.t("reschedule_title", { number: card.number }), fields: [field(words.t("reschedule_at"), at), check("tell", words.t("tell_customer"), true)], confirm: words.t("save"), cancel: words.t("cancel") });
    if (said) this.tell(await this.act(this.path(card, "reschedule"), { id: newId(), at: fromChinas(said.get("at")), tell: said.has("tell") }));
  }

  async watch(card) {
    const { words } = this;
    const said = await ask({ title: words.t("watch_title", { number: card.number }), about: words.t("watch_about"), fields: [check("tell", words.t("tell_customer"), true)], confirm: words.t("act_watch"), cancel: words.t("cancel") });
    if (said) this.tell(await this.act(this.path(card, "watch"), { id: newId(), tell: said.has("tell") }));
  }

  // Under one id until there is an answer: asked twice, it is done once. null when it was left.
  async act(path, body) {
    for (;;) {
      const answer = await this.api.post(path, body);
      if (answer.ok) return answer.data;
      const { words } = this;
      const again = isLater(answer) && answer.status !== 401;
      const text = again ? words.t("act_no_answer") : words.one("wrong", answer.data.key ?? answer.error, words.t("not_done"));
      const said = await ask({ title: words.t("not_done"), about: text, confirm: again ? words.t("try_again") : "", cancel: words.t("close_dialog") });
      if (!said) return null;
    }
  }

  tell(done) {
    if (!done) return;
    this.replace(done.card);
    const told = done.ok && done.told ? ` ${this.words.t("customer_told")}` : "";
    this.on.toast(`${done.words}${told}`, !done.ok);
  }
}
