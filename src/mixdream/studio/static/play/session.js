// What the pages of the studio share, as this page hears it: the server's newest state, and the engine that plays.

import { on, post } from "../api.js";
import { say } from "../message.js";
import { Engine, PADS } from "../sound/engine.js";
import { Library } from "./library.js";
import { newestOnly } from "./newest.js";

const RATE = 44100;

export class Session {
  constructor() {
    this.state = null;
    this.engine = null;
    this.library = new Library();
    this.selected = 0;
    this.busy = new Map(); // pad -> what is being done, in words
    this.errors = new Map(); // pad -> what went wrong, in words
    this.resting = []; // what played when everything was stopped: [[key, LOOP]...]
    this.stops = 0; // times that everything was stopped
    this.master = 0.7; // -6 dB: room for four loops at once
    this.listeners = [];
    this.pending = new Map(); // pad -> settings that the server has not told back
    this.senders = new Map();
    this.ahead = 0;
    on("play", (state) => this.take(state));
  }

  /** Calls a listener whenever anything that is shown may have changed. */
  onChange(listener) {
    this.listeners.push(listener);
    if (this.state) listener();
  }

  changed() {
    if (this.due || !this.state) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      for (const listener of this.listeners) listener();
    });
  }

  /** The engine, begun within a gesture. */
  audio() {
    if (!this.engine) {
      const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      this.engine = new Engine(context, this.library, this.tempo);
      this.engine.changed = () => this.changed();
      this.engine.setMaster(this.master);
      for (let pad = 0; pad < PADS; pad += 1) this.engine.set(pad, settingsOf(this.pad(pad)));
      // Where a press of a finger is no gesture until it ends.
      addEventListener("pointerup", () => context.resume());
    }
    // What failed is tried again at the next press.
    this.opened ??= this.engine.open().catch((error) => {
      this.opened = null;
      throw error;
    });
    this.engine.context.resume();
    return this.engine;
  }

  get tempo() {
    return { barSamples: this.state.bar_samples, pitch: this.state.pitch };
  }

  /** A pad as the server has it, with what was changed here a moment ago. */
  pad(number) {
    return { ...this.state.pads[number], ...this.pending.get(number) };
  }

  take(state) {
    const before = this.state;
    this.state = state;
    for (const [pad, sender] of this.senders) if (!sender.open) this.pending.delete(pad);
    if (this.engine) this.follow(before);
    this.prefetch();
    this.changed();
  }

  // Lets the engine do what changed.
  follow(before) {
    this.engine.setTempo(this.tempo).catch((error) => say(error.message));
    for (let pad = 0; pad < PADS; pad += 1) {
      const [old, now] = [before.pads[pad], this.pad(pad)];
      this.engine.set(pad, settingsOf(now));
      if (old.loop?.id === now.loop?.id || !this.engine.loops.has(pad)) continue;
      if (now.loop) this.engine.replace(pad, now.loop).catch((error) => this.fail(pad, error));
      else this.engine.stop([pad], "bar");
    }
  }

  // What is on the pads is there before it is pressed, one after the other.
  async prefetch() {
    const turn = (this.ahead += 1);
    for (const { loop } of this.state.pads) {
      if (turn !== this.ahead) return;
      if (loop && !loop.gone) await this.library.load(loop, this.tempo).catch(() => null);
    }
  }

  select(pad) {
    this.selected = pad;
    this.changed();
  }

  /** Whether a voice plays or waits to. */
  isOn(key) {
    return Boolean(this.engine?.loops.has(key));
  }

  /** The sample that is heard now, a little behind the one that is made. */
  get heardSample() {
    const { context } = this.engine;
    return this.engine.now - Math.round((context.outputLatency || 0) * context.sampleRate);
  }

  /** Presses a pad: it begins, ends, or, where it is empty, gets a new loop and begins. */
  press(pad) {
    const { loop } = this.pad(pad);
    this.select(pad);
    if (this.isOn(pad)) this.audio().stop([pad], this.state.launch);
    else if (loop) this.launch([[pad, loop]]);
    else this.make(pad, {}, true);
  }

  launch(pairs) {
    for (const [key] of pairs) this.errors.delete(key);
    const engine = this.audio();
    // Not before the limiter is there: the first beat would be lost.
    return this.opened
      .then(() => engine.launch(pairs, this.state.launch))
      .catch((error) => {
        for (const [key] of pairs) this.fail(key, error);
      });
  }

  /** A voice goes over to another loop on the next bar, or begins with it. */
  replace(key, loop) {
    const engine = this.audio();
    this.errors.delete(key);
    return this.opened.then(() => engine.replace(key, loop)).catch((error) => this.fail(key, error));
  }

  /** Launches the pads of a row. */
  scene(row) {
    const pairs = [0, 1, 2, 3]
      .map((column) => [4 * row + column, this.pad(4 * row + column).loop])
      .map(([pad, loop]) => [pad, loop?.gone ? null : loop]);
    const there = pairs.filter(([, loop]) => loop);
    const empty = pairs.filter(
      ([pad, loop]) => !loop && this.engine?.column(pad).some((other) => this.isOn(other)),
    );
    if (there.length) this.launch(there);
    // An empty pad of a scene is silence in its column.
    for (const [pad] of empty) this.engine.stop(this.engine.column(pad), this.state.launch);
  }

  stopColumn(column) {
    this.audio().stop(
      [0, 1, 2, 3].map((row) => 4 * row + column),
      this.state.launch,
    );
  }

  /** Stops everything at once, or begins again with what played. */
  toggle() {
    const engine = this.audio();
    // A pad may have got another loop, or none, meanwhile.
    const now = this.resting.map(([key, loop]) => [key, typeof key === "number" ? this.pad(key).loop : loop]);
    const again = now.filter(([, loop]) => loop);
    if (engine.loops.size) {
      this.stops += 1;
      this.resting = engine.stopAll();
    } else if (again.length) this.launch(again);
    else this.press(this.selected);
  }

  /**
   * Asks the model for a new loop on a pad: {ask, bars}. `begin`: it is launched, unless it plays and goes over to it
   * anyway.
   */
  async make(pad, wish, begin = false) {
    const fits = this.engine
      ? [...this.engine.loops].filter(([key]) => key !== pad).map(([, loop]) => loop.id)
      : [];
    if (begin) this.audio();
    const made = await this.during(pad, "New loop", post(`pads/${pad}/new`, { ...wish, fits }));
    if (made && begin && !this.isOn(pad)) this.launch([[pad, made.loop]]);
  }

  vary(pad, strength) {
    return this.during(pad, "Variation", post(`pads/${pad}/vary`, { strength }));
  }

  /** @param {"undo"|"redo"|"clear"} what */
  step(pad, what) {
    return this.during(pad, null, post(`pads/${pad}/${what}`));
  }

  put(pad, id) {
    return this.during(pad, "Taking it", post(`pads/${pad}/put`, { id }));
  }

  heart(loop, isOn = !loop.heart) {
    return post("hearts", { id: loop.id, on: isOn });
  }

  // Shows that a pad is busy, and what went wrong.
  async during(pad, words, request) {
    this.errors.delete(pad);
    if (words) this.busy.set(pad, words);
    this.changed();
    try {
      return await request;
    } catch (error) {
      this.fail(pad, error);
      return null;
    } finally {
      this.busy.delete(pad);
      this.changed();
    }
  }

  fail(key, error) {
    this.errors.set(key, error.message);
    this.changed();
  }

  /** Volume, cuts, mute and solo of a pad: heard at once, then told. */
  set(pad, settings) {
    const all = { ...this.pending.get(pad), ...settings };
    this.pending.set(pad, all);
    this.engine?.set(pad, settingsOf(this.pad(pad)));
    if (!this.senders.has(pad))
      this.senders.set(pad, { open: false, push: newestOnly((content) => post(`pads/${pad}`, content)) });
    const sender = this.senders.get(pad);
    sender.open = true;
    this.changed();
    return sender
      .push(all)
      .catch((error) => {
        this.pending.delete(pad);
        this.fail(pad, error);
      })
      .finally(() => {
        sender.open = false;
      });
  }

  /** Tempo, pitch, launch quantum, model, MIDI or names of scenes, for every page. */
  tell(settings) {
    return post("play", settings);
  }

  nameScene(row, name) {
    const scenes = this.state.scenes.map((scene, at) => (at === row ? { ...scene, name: name.trim() } : scene));
    return this.tell({ scenes }).catch((error) => say(error.message));
  }

  setMaster(volume) {
    this.master = volume;
    this.engine?.setMaster(volume);
    this.changed();
  }
}

function settingsOf({ volume, low_cut_hz, high_cut_hz, mute, solo }) {
  return { volume, low_cut_hz, high_cut_hz, mute, solo };
}
