// Small helpers to build nodes. Words from anybody only ever become text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("icons.svg", import.meta.url).pathname;
export const MARK = new URL("mark.svg", import.meta.url).pathname;
const LINK = /https?:\/\/[^\s<>"'\u3000-\u303f\uff00-\uffef]+/g;
const TRAILING = /[.,;:!?)\]}]+$/;

export function element(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  const { data = {}, ...rest } = props;
  for (const [name, value] of Object.entries(rest)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  Object.assign(node.dataset, data);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

// The text as nodes, with http(s) addresses as links; `hint` tells screen readers that they open elsewhere.
export function linked(text, hint) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(TRAILING, "");
    nodes.push(text.slice(from, match.index), link(address, hint));
    from = match.index + address.length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

function link(address, hint) {
  try {
    const href = new URL(address).href;
    return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, address, element("span", { className: "sr" }, hint));
  } catch {
    return address;
  }
}
