// The button that switches between light and dark, and remembers the choice.

const root = document.documentElement;
const button = document.getElementById("theme");

const isDark = () => root.dataset.theme === "dark";

function label() {
  const text = isDark() ? button.dataset.light : button.dataset.dark;
  button.setAttribute("aria-label", text);
  button.title = text;
}

button.addEventListener("click", () => {
  root.dataset.theme = root.dataset.chosen = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("tepai-theme", root.dataset.theme);
  } catch {}
});
new MutationObserver(label).observe(root, { attributeFilter: ["data-theme"] });
label();
