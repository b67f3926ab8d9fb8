// Runs before the first paint, so that a chosen theme never flashes. Storage may be forbidden in a frame.
try {
  const chosen = localStorage.getItem("tepai-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {}
