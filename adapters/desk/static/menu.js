// Menus are <details class="menu">: Escape and a press elsewhere close them, as everybody expects of a menu.

function close(menu, refocus) {
  if (!menu.open) return;
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

const menus = () => document.querySelectorAll("details.menu[open]");

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) close(menu, menu.contains(document.activeElement));
});
addEventListener("pointerdown", ({ target }) => {
  for (const menu of menus()) if (!menu.contains(target)) close(menu, false);
});
// On a phone the pages stand in one line that scrolls: where one is comes into view.
document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

addEventListener("focusin", ({ target }) => {
  for (const menu of menus()) if (!menu.contains(target)) close(menu, false);
});
