// The button that switches between light and dark, and remembers the choice.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("theme");

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

function label() {
  const text = isDark() ? button.dataset.light : button.dataset.dark;
  button.setAttribute("aria-label", text);
  button.title = text;
}

button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("tepai-theme", root.dataset.theme);
  } catch {}
  label();
});
dark.addEventListener("change", label);
label();
