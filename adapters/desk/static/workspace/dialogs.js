// Questions that want an answer before anything is done: the browser's own modal dialog, built for each.

import { element } from "../element.js";

let count = 0;

// Asks; resolves with what `done` gives for the form's fields once the main button is pressed, or null when left.
// `fields`: nodes; `buttons`: further nodes before the two; `danger`: the main button warns.
export function ask({ title, about = "", fields = [], confirm, cancel, danger = false, ready = () => {} }) {
  const id = `dialog-${++count}`;
  const problem = element("p", { className: "why", role: "alert" });
  const form = element(
    "form",
    { method: "dialog" },
    element("h2", { id }, title),
    about ? element("p", { className: "about", id: `${id}-about` }, about) : null,
    ...fields,
    problem,
    element(
      "div",
      { className: "buttons" },
      element("button", { className: "plain", type: "submit", value: "", formNoValidate: true }, cancel),
      confirm ? element("button", { className: danger ? "strong danger-fill" : "strong", value: "yes" }, confirm) : null,
    ),
  );
  const props = { className: "question", "aria-labelledby": id, ...(about ? { "aria-describedby": `${id}-about` } : {}) };
  const dialog = element("dialog", props, form);
  document.body.append(dialog);
  ready({ dialog, form, complain: (text) => (problem.textContent = text) });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue === "yes" ? new FormData(form) : null;
      dialog.remove();
      resolve(answer);
    });
  });
}

export function field(label, control, hint = "") {
  control.id ||= `field-${++count}`;
  return element("div", { className: "field" }, element("label", { htmlFor: control.id }, label), control, hint ? element("p", { className: "hint" }, hint) : null);
}

// `options`: [value, text, about]; the first is chosen.
export function choice(name, legend, options) {
  const rows = options.map(([value, text, about], place) =>
    element(
      "label",
      { className: "option" },
      element("input", { type: "radio", name, value, checked: place === 0 }),
      element("span", {}, element("b", {}, text), about ? element("small", {}, about) : null),
    ),
  );
  return element("fieldset", { className: "options-list" }, element("legend", { className: "sr" }, legend), ...rows);
}

export function check(name, text, checked) {
  return element("label", { className: "check" }, element("input", { type: "checkbox", name, checked }), element("span", {}, text));
}
