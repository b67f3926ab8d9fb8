// Where the customer writes. Enter sends, except while an input method is still composing (Chinese!).

const TALLEST = 160;

export class Composer {
  // `on`: say(text), file(file), writes() with every key.
  constructor(on) {
    this.form = document.getElementById("composer");
    this.text = document.getElementById("text");
    this.file = document.getElementById("file");
    this.stage = document.querySelector(".stage");
    this.sign = document.getElementById("drop");
    this.on = on;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("input", () => {
      this.changed();
      if (this.text.value.trim()) this.on.writes();
    });
    this.text.addEventListener("paste", (event) => this.take(event, event.clipboardData));
    document.getElementById("attach").addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => this.chosen());
    this.watchDrops();
    this.text.value ||= draft.read(); // fast fingers write before the page is ready
    this.form.querySelector(".send").disabled = false;
    this.fit();
  }

  key(event) {
    // keyCode 229: some browsers end the composition before they tell of the Enter that ended it.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.text.value.trim();
    if (!text) return this.focus();
    this.text.value = "";
    this.changed();
    this.on.say(text);
    this.text.focus();
  }

  changed() {
    draft.write(this.text.value);
    this.fit();
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, TALLEST)}px`;
    this.form.classList.toggle("ready", this.text.value.trim() !== "");
  }

  focus() {
    // On a touch screen the keyboard would cover what was just said.
    if (matchMedia("(hover: hover)").matches) this.text.focus();
  }

  chosen() {
    for (const file of this.file.files) this.on.file(file);
    this.file.value = "";
    this.focus();
  }

  take(event, data) {
    const files = [...(data?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    files.forEach(this.on.file);
  }

  watchDrops() {
    const over = (on) => (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.sign.hidden = !on;
    };
    addEventListener("dragover", over(true));
    addEventListener("dragleave", (event) => event.relatedTarget || over(false)(event));
    addEventListener("drop", (event) => {
      over(false)(event);
      this.take(event, event.dataTransfer);
    });
  }
}

// What is being written outlives a reload, and a change of the language.
export const draft = {
  read() {
    try {
      return sessionStorage.getItem("tepai-draft") || "";
    } catch {
      return "";
    }
  },
  write(text) {
    try {
      sessionStorage.setItem("tepai-draft", text);
    } catch {
      // Storage is forbidden: the words live as long as the page.
    }
  },
};
