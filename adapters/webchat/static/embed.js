// For a company's own pages: <script src="https://CHAT/chat/embed.js" data-lang="zh" async></script> puts a round button
// into the corner that opens the chat. data-label names the button, data-side ("left" or "right") its corner.
(() => {
  const { src, dataset } = document.currentScript;
  const origin = new URL(src).origin;
  const chinese = (dataset.lang || document.documentElement.lang || "zh").startsWith("zh");
  const label = dataset.label || (chinese ? "在线客服" : "Support chat");
  const side = dataset.side === "left" ? "left" : "right";

  // Set one by one: a page's content security policy may forbid style attributes, but not this.
  const make = (tag, props, style) => {
    const node = Object.assign(document.createElement(tag), props);
    Object.assign(node.style, style);
    return node;
  };

  const button = make("button", { type: "button", title: label }, {
    position: "fixed", bottom: "20px", [side]: "20px", width: "60px", height: "60px", padding: "0", border: "0",
    borderRadius: "20px", cursor: "pointer", zIndex: "2147483000", boxShadow: "0 8px 28px rgb(0 0 0 / 25%)",
    background: `#0b6b65 center / 40px no-repeat url("${origin}/chat/static/mark.svg")`,
  });
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-expanded", "false");

  const small = matchMedia("(max-width: 520px)");
  let frame;

  function place() {
    Object.assign(frame.style, small.matches
      ? { inset: "0", width: "100%", height: "calc(100% - 92px)", borderRadius: "0" }
      : { inset: "auto", bottom: "92px", [side]: "20px", width: "400px", height: "min(680px, calc(100vh - 112px))", borderRadius: "20px" });
  }

  function open() {
    if (!frame) {
      frame = make("iframe", { title: label, src: `${origin}/chat?lang=${chinese ? "zh" : "en"}` }, {
        position: "fixed", border: "0", zIndex: "2147483000", boxShadow: "0 18px 60px rgb(0 0 0 / 28%)", colorScheme: "normal",
      });
      document.body.append(frame);
      small.addEventListener("change", place);
      place();
    }
    show(button.getAttribute("aria-expanded") === "false");
  }

  function show(on) {
    frame.style.display = on ? "block" : "none";
    button.setAttribute("aria-expanded", String(on));
    if (on) frame.focus();
  }

  button.addEventListener("click", open);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && frame) {
      show(false);
      button.focus();
    }
  });
  const ready = () => document.body.append(button);
  document.body ? ready() : addEventListener("DOMContentLoaded", ready);
})();
