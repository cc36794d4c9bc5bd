// One clip, loaded and decoded before it can be pressed; restarted on every play. Only one sounds at a time.

let context = null;
let sounding = null;

const TICK_MS = 100;
const END_S = 0.05; // of a clip's end; clocks of sound and script differ a little

// The one that plays all sound of the page; it begins with the first press.
export function audio() {
  context ??= new AudioContext();
  return context;
}

// Stop what else sounds.
export function onlyThis(one) {
  if (sounding && sounding !== one) sounding.stop();
  sounding = one;
}

export class Player {
  // item: <li> with a button and a progress bar. changed: called when it starts, stops or was heard.
  constructor(item, words, changed) {
    this.item = item;
    this.words = words;
    this.changed = changed;
    this.button = item.querySelector("button");
    this.bar = item.querySelector("progress");
    this.label = item.querySelector(".label").textContent;
    this.plays = 0;
    this.heard = 0;
    this.reachedEnd = false;
    this.buffer = null;
    this.source = null;
    this.wanted = false;
    this.button.disabled = true;
    this.button.addEventListener("click", () => this.toggle());
  }

  // The decoded clip is here.
  ready(buffer) {
    this.buffer = buffer;
    this.button.disabled = false;
  }

  get report() {
    return { plays: this.plays, heard_s: Math.round(1000 * (this.heard + this.position)) / 1000, reached_end: this.reachedEnd };
  }

  get position() {
    return this.source ? Math.max(0, Math.min(this.buffer.duration, context.currentTime - this.began)) : 0;
  }

  toggle() {
    if (this.wanted) this.stop();
    else this.play();
  }

  async play() {
    if (!this.buffer) return;
    onlyThis(this);
    this.wanted = true;
    // Within the key press or click, or browsers keep it silent.
    await audio().resume();
    if (!this.wanted || sounding !== this || this.source) return;
    const source = new AudioBufferSourceNode(context, { buffer: this.buffer });
    source.connect(context.destination);
    source.addEventListener("ended", () => this.ended(source));
    this.source = source;
    this.began = context.currentTime;
    this.plays += 1;
    source.start();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.show("playing");
  }

  stop() {
    this.wanted = false;
    if (this.source) {
      this.source.stop();
      this.finish();
    } else {
      this.show("");
    }
  }

  ended(source) {
    if (source === this.source) {
      this.wanted = false;
      this.finish();
    }
  }

  finish() {
    const position = this.position;
    clearInterval(this.timer);
    this.heard += position;
    if (position >= this.buffer.duration - END_S) this.reachedEnd = true;
    this.source = null;
    this.bar.value = this.reachedEnd ? 1 : 0;
    this.show("");
  }

  tick() {
    this.bar.value = this.position / this.buffer.duration;
  }

  show(state) {
    const verb = this.wanted ? this.words.stop : this.words.play;
    this.item.className = state;
    this.button.setAttribute("aria-label", `${verb}: ${this.label}`);
    this.item.querySelector(".heard").hidden = !this.reachedEnd;
    this.changed(this);
  }
}

export function silence() {
  if (sounding) sounding.stop();
  sounding = null;
}
