// Tells of new customers and new words when nobody looks: the title always, a sound and the browser's own notification
// only for who has asked for them.

const SOUNDS = { waiting: [660, 880], words: [880] };

export class Notify {
  // `open(conversation)`: what a press on a notification does.
  constructor({ words, keeping, settings }, open) {
    Object.assign(this, { words, keeping, open });
    this.title = document.title;
    this.company = settings.company;
    this.announcement = document.getElementById("announcement");
    this.sound = document.getElementById("sound");
    this.browser = document.getElementById("browser-notification");
    this.hint = document.getElementById("notification-hint");
    this.sound.checked = keeping.read("sound", false);
    this.sound.addEventListener("change", () => {
      keeping.write("sound", this.sound.checked || null);
      if (this.sound.checked) this.play("words");
    });
    this.browser.addEventListener("change", () => this.wish());
    this.show();
  }

  // Asked for only once somebody wants it, never by itself.
  async wish() {
    this.keeping.write("notify", this.browser.checked || null);
    if (this.browser.checked && "Notification" in window && Notification.permission === "default") await Notification.requestPermission();
    this.show();
  }

  show() {
    const there = "Notification" in window;
    const refused = !there || Notification.permission === "denied";
    this.browser.checked = this.keeping.read("notify", false) && !refused;
    this.browser.disabled = refused;
    this.hint.textContent = refused ? this.words.t(there ? "notify_refused" : "notify_missing") : "";
  }

  // `count`: how many wait for a person's words.
  count(count) {
    document.title = count ? `(${count}) ${this.title}` : this.title;
  }

  // `kind`: "waiting" or "words"; `looking`: that conversation is before the reader's eyes.
  tell(kind, row, looking) {
    const name = row.customer || this.words.t("guest");
    const text = this.words.t(kind === "waiting" ? "news_waiting" : "news_words", { name });
    if (!looking) this.announcement.textContent = text;
    if (looking) return;
    if (this.sound.checked) this.play(kind);
    if (!document.hidden || !this.browser.checked || Notification.permission !== "granted") return;
    const shown = new Notification(text, { body: this.company, tag: row.conversation, lang: this.words.language });
    shown.onclick = () => {
      window.focus();
      this.open(row.conversation);
      shown.close();
    };
  }

  play(kind) {
    try {
      this.audio ??= new AudioContext();
      SOUNDS[kind].forEach((pitch, place) => this.tone(pitch, this.audio.currentTime + place * 0.14));
    } catch {
      // No sound here: the title and the queue still tell.
    }
  }

  tone(pitch, at) {
    const [oscillator, gain] = [this.audio.createOscillator(), this.audio.createGain()];
    oscillator.frequency.value = pitch;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
    oscillator.connect(gain).connect(this.audio.destination);
    oscillator.start(at);
    oscillator.stop(at + 0.24);
  }
}
