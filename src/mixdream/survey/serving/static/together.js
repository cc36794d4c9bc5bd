// Clips of one piece, all played at once and one of them heard: switching keeps the place in the music.

import { audio, onlyThis } from "./player.js";
import { Timeline } from "./timeline.js";

const FADE_S = 0.005; // of both ends of what is repeated: a raised cosine, in the samples themselves
const SWITCH_S = 0.002; // time constant of a cross-fade; within 10 ms it is over
const LEAD_S = 0.02; // in which all are told what they do at one moment
const LATE_S = 0.005; // a source told to begin no sooner than this may have begun late
const END_S = 0.05; // of a clip's length; clocks of sound and script differ a little
const TICK_MS = 50;

// One of the clips. It has what survey.js and keys.js want of a Player.
class Switched {
  constructor(item, stage) {
    this.item = item;
    this.stage = stage;
    this.button = item.querySelector("button");
    this.bar = item.querySelector("progress"); // not there where nobody has to hear them all
    this.label = item.querySelector(".label").textContent;
    this.rating = item.querySelector("fieldset");
    this.plays = 0; // how often it was switched to, or began again while it was heard
    this.heard = 0; // seconds
    this.buffer = null;
    this.button.addEventListener("click", () => stage.toggle(this));
  }

  ready(buffer) {
    this.buffer = buffer;
    this.button.disabled = false;
    this.stage.ready();
  }

  // Whoever repeats a part hears that instead of another one: seconds count.
  get reachedEnd() {
    return this.buffer !== null && this.heard >= this.buffer.duration - END_S;
  }

  get report() {
    this.stage.settle();
    return { plays: this.plays, heard_s: Math.round(1000 * this.heard) / 1000, reached_end: this.reachedEnd };
  }

  count(seconds) {
    this.heard += seconds;
    if (this.bar) this.bar.value = this.heard / this.buffer.duration;
  }

  show(sounds) {
    const verb = sounds ? this.stage.words.stop : this.stage.words.play;
    this.item.className = sounds ? "playing" : "";
    this.button.setAttribute("aria-label", `${verb}: ${this.label}`);
    this.item.querySelector(".heard").hidden = !this.reachedEnd;
  }
}

export class Together {
  // main: the page. changed: called when one starts, stops or was heard.
  constructor(main, words, changed) {
    this.words = words;
    this.changed = changed;
    this.clips = [...main.querySelectorAll("[data-slot]")].map((item) => new Switched(item, this));
    this.timeline = new Timeline(main.querySelector("#timeline"), () => this.restart());
    this.chosen = this.clips[0]; // heard, or the one that would be
    this.wanted = false;
    this.voices = null; // what sounds: a source and a gain of each clip
    this.place = 0; // seconds from the beginning of the clips, while nothing sounds
  }

  ready() {
    if (this.clips.every((one) => one.buffer)) {
      // What all have: a longer end would tell one clip from the others.
      this.timeline.ready(Math.min(...this.clips.map((one) => one.buffer.duration)));
    }
  }

  // By the key of its letter: A and so on, R for the open reference.
  named(letter) {
    if (letter === "R") return this.clips.find((one) => !one.rating);
    return this.clips.find((one) => one.rating && one.label === letter);
  }

  toggle(clip = this.chosen) {
    if (this.wanted && clip === this.chosen) this.stop();
    else return this.hear(clip);
  }

  async hear(clip) {
    if (!clip.buffer) return;
    onlyThis(this);
    this.settle();
    const isOther = clip !== this.chosen;
    this.chosen = clip;
    this.wanted = true;
    if (this.voices) {
      if (isOther) clip.plays += 1;
      this.mix();
    } else {
      // Within the key press or click, or browsers keep it silent.
      await audio().resume();
      if (this.wanted && !this.voices) this.start();
    }
    this.show();
  }

  stop() {
    this.wanted = false;
    this.end();
    this.show();
  }

  restart() {
    if (!this.voices) return;
    this.end();
    this.start();
  }

  start() {
    const { from, to } = this.timeline;
    if (this.place < from || this.place >= to) this.place = from;
    this.first = this.place - from;
    this.length = to - from;
    this.begin(this.clips.map((one) => part(one.buffer, from, to)));
    this.chosen.plays += 1;
    this.mix();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  // All at one moment. Where the page was held up until it had passed for some of them, all begin again.
  begin(parts) {
    const context = audio();
    do {
      this.voices?.forEach(({ source }) => source.disconnect());
      this.began = context.currentTime + LEAD_S;
      this.voices = parts.map((buffer) => {
        const source = new AudioBufferSourceNode(context, { buffer, loop: true });
        const gain = new GainNode(context, { gain: 0 });
        source.connect(gain).connect(context.destination);
        source.start(this.began, this.first);
        return { source, gain };
      });
    } while (context.currentTime + LATE_S > this.began);
    this.since = this.began;
  }

  end() {
    if (!this.voices) return;
    clearInterval(this.timer);
    this.settle();
    this.place = this.now();
    const silent = this.mix(null) + 10 * SWITCH_S;
    for (const { source } of this.voices) source.stop(silent);
    this.voices = null;
  }

  // Let one be heard from a moment on, which is returned. What fades out and what fades in add up to 1 at each moment.
  mix(heard = this.chosen) {
    const at = audio().currentTime + LEAD_S;
    this.voices.forEach(({ gain }, i) => {
      gain.gain.setTargetAtTime(this.clips[i] === heard ? 1 : 0, at, SWITCH_S);
    });
    return at;
  }

  // Seconds since the beginning of the part when this pass began are those of all, modulo its length.
  passed(time) {
    return this.first + Math.max(0, time - this.began);
  }

  now() {
    return this.timeline.from + (this.passed(audio().currentTime) % this.length);
  }

  // Count what was heard since the last time.
  settle() {
    if (!this.voices) return;
    const time = audio().currentTime;
    if (time <= this.since) return;
    this.chosen.count(time - this.since);
    this.chosen.plays +=
      Math.floor(this.passed(time) / this.length) - Math.floor(this.passed(this.since) / this.length);
    this.since = time;
  }

  tick() {
    const before = this.chosen.reachedEnd;
    this.settle();
    this.timeline.point(this.now());
    if (this.chosen.reachedEnd !== before) this.show();
  }

  show() {
    for (const one of this.clips) one.show(this.wanted && one === this.chosen);
    this.changed();
  }
}

// A part of a clip with faded ends, so that it can be repeated without a click.
function part(buffer, from, to) {
  const rate = buffer.sampleRate;
  const length = Math.round((to - from) * rate);
  const cut = new AudioBuffer({ length, numberOfChannels: buffer.numberOfChannels, sampleRate: rate });
  const fade = Math.round(FADE_S * rate);
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const samples = cut.getChannelData(channel);
    samples.set(buffer.getChannelData(channel).subarray(Math.round(from * rate)).subarray(0, length));
    for (let i = 0; i < fade; i += 1) {
      const gain = Math.sin(((Math.PI / 2) * i) / fade) ** 2;
      samples[i] *= gain;
      samples[length - 1 - i] *= gain;
    }
  }
  return cut;
}
