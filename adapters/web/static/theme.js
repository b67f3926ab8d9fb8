// Runs before the first paint, so that no page flashes in the other colours.
{
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("tepai-theme"); // storage may be forbidden in a frame
  } catch {}
  const follow = () => {
    if (!root.dataset.chosen) root.dataset.theme = dark.matches ? "dark" : "light";
  };
  if (chosen === "dark" || chosen === "light") root.dataset.theme = root.dataset.chosen = chosen;
  follow();
  dark.addEventListener("change", follow);
}
