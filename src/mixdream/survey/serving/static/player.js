// One clip: fetched when it is pressed, decoded once, restarted on every play; only one sounds at a time.

let context = null;
let sounding = null;

const TICK_MS = 100;
const LONGEST_FETCH_MS = 60000; // of a clip, over a slow connection
const END_S = 0.05; // of a clip's end; clocks of sound and script differ a little

export class Player {
  // item: <li> with a button and a progress bar. changed: called when it starts, stops or was heard.
  constructor(item, url, words, changed) {
    this.item = item;
    this.url = url;
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
    this.button.addEventListener("click", () => this.toggle());
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
    if (sounding && sounding !== this) sounding.stop();
    sounding = this;
    this.wanted = true;
    this.error = null;
    context ??= new AudioContext();
    // Within the key press or click, or browsers keep it silent.
    const ready = context.resume();
    this.show("loading");
    try {
      this.buffer ??= await fetched(this.url, this.words);
      await ready;
    } catch (error) {
      this.wanted = false;
      this.error = error.message;
      this.show("");
      return;
    }
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
    this.item.setAttribute("aria-busy", state === "loading");
    this.button.setAttribute("aria-label", `${verb}: ${this.label}`);
    this.item.querySelector(".heard").hidden = !this.reachedEnd;
    this.changed(this);
  }
}

export function silence() {
  if (sounding) sounding.stop();
  sounding = null;
}

async function fetched(url, words) {
  let bytes = null;
  for (let attempt = 0; bytes === null; attempt += 1) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout?.(LONGEST_FETCH_MS) });
      if (!response.ok) throw new Error(String(response.status));
      bytes = await response.arrayBuffer();
    } catch {
      if (attempt === 3) throw new Error(words.no_clip);
      await new Promise((wake) => setTimeout(wake, 300 * 2 ** attempt));
    }
  }
  try {
    return await context.decodeAudioData(bytes);
  } catch {
    throw new Error(words.no_audio);
  }
}
