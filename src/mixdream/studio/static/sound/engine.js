// What plays: sixteen pads and a few voices more on one clock, at one tempo, through one limiter.

import { BarClock, sampleNow, soon } from "./clock.js";
import { Voice } from "./voice.js";

const FADE_S = 0.005;
const COLUMNS = 4;
export const PADS = 16;
/** Voices beside the pads: the XY pad, and loops heard in time from a shelf. */
export const EXTRA = ["xy", "shelf"];

/** Where the worklet of the limiter lies: beside this file. */
const LIMITER = new URL("./limiter.js", import.meta.url);

/**
 * A tempo: samples of a bar, and whether pitch stays ("keep") or goes with it ("follow").
 * @typedef {{barSamples: number, pitch: "keep"|"follow"}} Tempo
 *
 * Loops as they sound at a tempo: `peek` at once or null, `load` as a promise; both give a Played (voice.js).
 * @typedef {{
 *   peek: (loop: object, tempo: Tempo) => object|null,
 *   load: (loop: object, tempo: Tempo) => Promise<object>,
 * }} Library
 */

export class Engine {
  /**
   * @param {BaseAudioContext} context
   * @param {Library} library
   * @param {Tempo} tempo
   */
  constructor(context, library, tempo) {
    this.context = context;
    this.library = library;
    this.tempo = tempo;
    this.wanted = tempo;
    this.clock = new BarClock(tempo.barSamples);
    this.loops = new Map(); // what each voice plays or is to play: key -> LOOP
    this.mix = new GainNode(context);
    this.master = new GainNode(context);
    this.mix.connect(this.master);
    this.voices = new Map();
    for (const key of [...Array(PADS).keys(), ...EXTRA]) this.voices.set(key, new Voice(context, this.mix));
    this.settings = new Map();
    /** Told of everything that is done: (event) => void, as recordings write it (record.js). */
    this.observer = null;
    /** Told when what plays or waits has changed. */
    this.changed = () => {};
  }

  /** Loads the limiter and connects the loudspeaker; before it, nothing is heard. */
  async open() {
    await this.context.audioWorklet.addModule(LIMITER);
    this.limiter = new AudioWorkletNode(this.context, "limiter", {
      outputChannelCount: [2],
      channelCount: 2,
      channelCountMode: "explicit",
    });
    this.master.connect(this.limiter).connect(this.context.destination);
  }

  /** The sample that the context is at. */
  get now() {
    return sampleNow(this.context);
  }

  /** The first sample that can still be told to sound. */
  get soon() {
    return soon(this.context);
  }

  /** The next boundary of bars, half bars or beats; a clock that stands begins there. */
  boundary(quantum) {
    const soon = this.soon;
    this.clock.settle(this.now);
    if (!this.clock.running) {
      this.clock.start(soon);
      this.observer?.({ at: soon, do: "start" });
    }
    return this.clock.next(soon, quantum);
  }

  /** The tempos that a loop which begins now may be heard at. */
  get tempos() {
    const until = this.change && this.change.at > this.now ? this.change.before : this.tempo;
    return [...new Set([until, this.tempo, this.wanted])];
  }

  /**
   * Begins loops together on the next boundary: [[key, LOOP]...]. Pads of the same columns end there.
   * Those that are not loaded yet are loaded first, and all wait for them. Returns the sample at which they begin.
   */
  async launch(pairs, quantum = "bar") {
    // What its column loads only now was pressed before, however soon it comes.
    for (const other of pairs.flatMap(([key]) => this.column(key))) {
      if (!this.voices.get(other).last) this.loops.delete(other);
    }
    const still = await this.ready(pairs);
    if (!still.length) return null;
    const at = this.boundary(quantum);
    for (const [key] of still) {
      for (const other of this.column(key)) this.end(other, at);
    }
    for (const [key, loop] of still) this.begin(key, loop, at);
    this.changed();
    return at;
  }

  // Loads what voices are to play; gives those that are wanted still, not stopped nor given another loop meanwhile.
  async ready(pairs) {
    const before = new Map(this.loops);
    for (const [key, loop] of pairs) this.loops.set(key, loop);
    this.changed();
    const wanted = () => pairs.filter(([key, loop]) => this.loops.get(key) === loop);
    try {
      await this.load(
        pairs.map(([, loop]) => loop),
        this.tempos,
      );
      // A tempo may have been asked for in between.
      await this.load(
        wanted().map(([, loop]) => loop),
        this.tempos,
      );
    } catch (error) {
      for (const [key] of wanted()) {
        if (before.has(key)) this.loops.set(key, before.get(key));
        else this.loops.delete(key);
      }
      this.changed();
      throw error;
    }
    return wanted();
  }

  async load(loops, tempos) {
    const pairs = loops.flatMap((loop) => tempos.map((tempo) => [loop, tempo]));
    const missing = pairs.filter(([loop, tempo]) => !this.library.peek(loop, tempo));
    await Promise.all(missing.map(([loop, tempo]) => this.library.load(loop, tempo)));
  }

  begin(key, loop, at) {
    const voice = this.voices.get(key);
    this.loops.set(key, loop);
    // Before a change of tempo that is on its way: the old tempo, and the new one from the change on.
    const change = this.change && this.change.at > at ? this.change : null;
    const sound = voice.start(at, this.library.peek(loop, change ? change.before : this.tempo));
    this.observer?.({ at, do: "launch", pad: key, sound });
    if (change) this.follow(key, change.at);
  }

  /** The pads that end when this one begins: the others of its column. */
  column(key) {
    return typeof key === "number"
      ? [...this.voices.keys()].filter(
          (pad) => typeof pad === "number" && pad !== key && pad % COLUMNS === key % COLUMNS,
        )
      : [];
  }

  end(key, at) {
    const voice = this.voices.get(key);
    // What waits to begin later is ended, too.
    const ends = voice.sounds.some((sound) => sound.stopAt > at);
    voice.stop(at);
    this.loops.delete(key);
    if (ends) this.observer?.({ at, do: "stop", pad: key });
  }

  /** Ends voices on the next boundary. */
  stop(keys, quantum = "bar") {
    const at = this.clock.running ? this.boundary(quantum) : this.soon;
    for (const key of keys) this.end(key, at);
    this.changed();
  }

  /** Ends everything now, and the clock; returns what played: [[key, LOOP]...]. */
  stopAll() {
    const playing = [...this.loops];
    const at = this.soon;
    for (const key of this.voices.keys()) this.end(key, at);
    this.clock.stop();
    this.change = null;
    this.tempo = this.wanted;
    this.clock.change(0, this.tempo.barSamples);
    this.changed();
    return playing;
  }

  /** A voice that plays goes on with another loop from the next bar on; one that does not begins with it. */
  async replace(key, loop) {
    if (!this.loops.has(key)) return this.launch([[key, loop]]);
    if (!(await this.ready([[key, loop]])).length) return null;
    const at = this.boundary("bar");
    if (this.voices.get(key).at(at)) this.follow(key, at);
    else this.begin(key, loop, at);
    this.changed();
    return at;
  }

  // From a sample on, the voice's loop at the tempo that holds there, at the place of its bars where it is.
  follow(key, at) {
    const loop = this.loops.get(key);
    const tempo = this.change && this.change.at > at ? this.change.before : this.tempo;
    const sound = loop && this.voices.get(key).swap(at, this.library.peek(loop, tempo));
    if (sound) this.observer?.({ at, do: "launch", pad: key, sound });
  }

  /**
   * Another tempo from the next bar on, once all that plays is loaded for it; the newest that was asked for wins.
   * @param {Tempo} tempo
   */
  async setTempo(tempo) {
    if (tempo.barSamples === this.wanted.barSamples && tempo.pitch === this.wanted.pitch) return;
    this.wanted = tempo;
    const missing = () => [...this.loops.values()].filter((loop) => !this.library.peek(loop, tempo));
    try {
      while (this.wanted === tempo && missing().length) await this.load(missing(), [tempo]);
    } catch (error) {
      if (this.wanted === tempo) this.wanted = this.tempo; // so that it can be asked for again
      throw error;
    }
    if (this.wanted !== tempo) return;
    const before = this.change && this.change.at > this.soon ? this.change.before : this.tempo;
    this.tempo = tempo;
    if (!this.clock.running) {
      this.clock.change(0, tempo.barSamples);
      return;
    }
    const at = this.boundary("bar");
    this.clock.change(at, tempo.barSamples);
    this.change = { at, before };
    for (const key of this.loops.keys()) {
      if (this.voices.get(key).at(at)) this.follow(key, at);
    }
    this.observer?.({ at, do: "tempo", bar_samples: tempo.barSamples, pitch: tempo.pitch });
    this.changed();
  }

  /**
   * Volume, cuts, mute and solo of voices; while any is solo, the others are silent.
   * @param {number|string} key
   * @param {{volume?: number, low_cut_hz?: number, high_cut_hz?: number, mute?: boolean, solo?: boolean}} settings
   */
  set(key, settings) {
    const before = this.settings.get(key) ?? {};
    const different = Object.entries(settings).filter(([name, value]) => before[name] !== value);
    if (!different.length) return;
    this.settings.set(key, { ...before, ...settings });
    this.voices.get(key).set(Object.fromEntries(different));
    const all = [...this.settings.values()];
    const alone = all.some((one) => one.solo);
    for (const [other, voice] of this.voices) {
      const one = this.settings.get(other) ?? {};
      const open = alone ? Boolean(one.solo) : !one.mute;
      const was = one.open ?? true;
      if (open !== was) {
        this.settings.set(other, { ...one, open });
        voice.set({ open });
      }
      if (open !== was || other === key)
        this.observer?.({ at: this.now, do: "set", pad: other, ...this.heard(other) });
    }
  }

  /** How a voice is heard: {volume, low_cut_hz, high_cut_hz, mute}. */
  heard(key) {
    const { volume = 1, low_cut_hz = 20, high_cut_hz = 20000, open = true } = this.settings.get(key) ?? {};
    return { volume, low_cut_hz, high_cut_hz, mute: !open };
  }

  /** The volume of everything: 0 to 1, as the square of which it is heard. */
  setMaster(volume) {
    this.master.gain.setTargetAtTime(volume ** 2, this.context.currentTime, 0.005);
  }

  /**
   * Plays a buffer once and alone, while what plays goes on unheard.
   * @param {AudioBuffer} buffer
   * @param {() => void} ended told when it ends by itself
   * @returns {() => void} what ends it
   */
  audition(buffer, ended) {
    const now = this.context.currentTime;
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.master);
    this.mix.gain.setTargetAtTime(0, now, FADE_S / 3);
    const close = () => {
      source.onended = null;
      source.stop();
      source.disconnect();
      this.mix.gain.setTargetAtTime(1, this.context.currentTime, FADE_S / 3);
    };
    source.onended = ended;
    source.start();
    return close;
  }
}
