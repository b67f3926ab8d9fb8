// What is done with the open conversation as a whole: take it, pass it on, give it back to the bot, close it.

import { element } from "../element.js";
import { about, isLater } from "./api.js";
import { ask, choice, field } from "./dialogs.js";

const RESUMES = ["continue", "fresh", "silent"];
const ENDINGS = ["solved", "not_solved", "no_answer"];

export class Acts {
  // `now()`: { c, aside, unsent } of the open conversation; `on`: toast(text, bad), done(act).
  constructor({ api, words, names, me, settings }, now, on) {
    Object.assign(this, { api, words, names, me, now, on, teams: settings.teams });
    this.root = document.getElementById("acts");
    this.busy = false;
  }

  // Which acts there are now, the most likely first.
  allowed() {
    const { c, aside } = this.now();
    if (!c || !aside) return [];
    if (!aside.owner) return ["claim"];
    if (aside.owner === this.me.id) return ["transfer", "hand_back", "close"];
    return this.me.role === "agent" ? [] : ["transfer"];
  }

  show() {
    const allowed = this.allowed();
    const key = allowed.join();
    if (key === this.shown) return;
    this.shown = key;
    const held = this.root.contains(document.activeElement);
    this.root.replaceChildren(
      ...allowed.map((act) =>
        element("button", { type: "button", className: act === "claim" ? "strong small" : "plain small", data: { act }, "aria-keyshortcuts": KEYS[act], title: `${this.words.t(`do_${act}`)} (${KEYS[act]})`, onclick: () => this.do(act) }, this.words.t(`do_${act}`)),
      ),
    );
    if (held) (this.root.querySelector("button") ?? document.getElementById("text")).focus();
  }

  async do(act) {
    if (this.busy || !this.allowed().includes(act)) return;
    await this[act]();
  }

  // One request at a time. While a question stands open its dialog keeps everything else away.
  async alone(request) {
    this.busy = true;
    try {
      return await request;
    } finally {
      this.busy = false;
    }
  }

  async claim() {
    await this.post("claim", {}, "claim");
  }

  async transfer() {
    const { words } = this;
    await this.alone(this.names.load({ anew: true }));
    const { aside } = this.now();
    const others = this.names.colleagues.filter(({ id }) => id !== aside.owner);
    const order = (one) => (one.here ? 0 : one.availability === "away" ? 1 : 2);
    const people = others.sort((one, other) => order(one) - order(other)).map((each) => element("option", { value: `to:${each.id}` }, `${each.id === this.me.id ? words.t("myself") : each.name} · ${words.t(each.here ? "here" : `is_${each.availability === "online" ? "offline" : each.availability}`)}`));
    const teams = this.teams.map((team) => element("option", { value: `team:${team}` }, team));
    const options = [element("option", { value: "team:" }, words.t("transfer_anybody")), ...(teams.length ? [element("optgroup", { label: words.t("transfer_teams") }, ...teams)] : []), ...(people.length ? [element("optgroup", { label: words.t("transfer_people") }, ...people)] : [])];
    const said = await ask({
      title: words.t("transfer_title"),
      about: words.t("transfer_about"),
      fields: [field(words.t("transfer_to"), element("select", { name: "whom", required: true }, ...options)), field(words.t("transfer_words"), element("textarea", { name: "words", rows: 3, maxLength: 2000, dir: "auto" }), words.t("transfer_words_hint"))],
      confirm: words.t("do_transfer"),
      cancel: words.t("cancel"),
    });
    if (!said) return;
    const [kind, ...rest] = said.get("whom").split(":");
    await this.post("transfer", { [kind]: rest.join(":"), words: said.get("words").trim() }, "transfer");
  }

  async hand_back() {
    const { words } = this;
    const options = RESUMES.map((resume) => [resume, words.t(`resume_${resume}`), words.t(`resume_${resume}_about`)]);
    const said = await ask({ title: words.t("hand_back_title"), about: this.unsent(), fields: [choice("resume", words.t("hand_back_title"), options)], confirm: words.t("do_hand_back"), cancel: words.t("cancel") });
    if (said) await this.post("hand-back", { resume: said.get("resume") }, "hand_back");
  }

  async close() {
    const { words } = this;
    const options = ENDINGS.map((ending) => [ending, words.t(`ending_${ending}`), words.t(`ending_${ending}_about`)]);
    const said = await ask({ title: words.t("close_title"), about: this.unsent() || words.t("close_about"), fields: [choice("ending", words.t("close_title"), options)], confirm: words.t("do_close"), cancel: words.t("cancel") });
    if (said) await this.post("close", { ending: said.get("ending") }, "close");
  }

  unsent() {
    return this.now().unsent ? this.words.t("still_unsent") : "";
  }

  async post(path, body, act) {
    const answer = await this.alone(this.api.post(about(this.now().c, path), body));
    if (answer.ok) {
      this.on.toast(this.words.t(`done_${act}`));
      return this.on.done(act);
    }
    if (answer.error === "held_by_other") return this.on.toast(answer.data.owner ? this.words.t("held_by", { name: this.names.of(answer.data.owner) }) : this.words.t("not_yours"), true);
    this.on.toast(isLater(answer) ? this.words.t("no_answer") : this.words.one("wrong", answer.data.key ?? answer.error, this.words.t("not_done")), true);
  }
}

export const KEYS = { claim: "c", transfer: "t", hand_back: "b", close: "x" };
