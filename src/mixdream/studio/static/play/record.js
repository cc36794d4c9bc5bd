/** What is played, written down sample by sample, so that the server can render it afterwards. */

/** Writes down what an engine does from a bar on, until it is ended. */
export class Recorder {
  /** @param {import("../sound/engine.js").Engine} engine */
  constructor(engine) {
    this.engine = engine;
    this.tempo = engine.tempo;
    this.events = [];
    // Where nothing plays it begins with the first launch.
    this.origin = engine.clock.running ? engine.boundary("bar") : null;
    for (const [pad, voice] of engine.voices) this.already(pad, voice);
    engine.observer = (event) => this.note(event);
  }

  // What plays or waits already, and how it is heard.
  already(pad, voice) {
    const heard = this.engine.heard(pad);
    if (heard.volume !== 1 || heard.low_cut_hz > 20 || heard.high_cut_hz < 20000 || heard.mute) {
      this.events.push({ at: 0, do: "set", pad, ...heard });
    }
    if (this.origin === null) return;
    for (const sound of voice.sounds) if (sound.stopAt > this.origin) this.launch(pad, sound);
    const last = voice.sounds.at(-1);
    if (last && last.stopAt < Infinity)
      this.events.push({ at: Math.max(0, last.stopAt - this.origin), do: "stop", pad });
  }

  note({ at, do: what, sound, ...more }) {
    if (what === "start") {
      if (this.origin === null) this.tempo = this.engine.tempo;
      this.origin ??= at;
    } else if (what === "launch") this.launch(more.pad, sound);
    else this.events.push({ at: Math.max(0, at - (this.origin ?? at)), do: what, ...more });
  }

  launch(pad, { played, at, offset, continues }) {
    const begin = Math.max(at, this.origin);
    this.events.push({
      at: begin - this.origin,
      do: "launch",
      pad,
      loop: played.id,
      offset: (offset + begin - at) % played.buffer.length,
      continues,
      bar_samples: played.barSamples,
      pitch: played.pitch,
    });
  }

  /** Seconds written so far; 0 while it waits for its bar. */
  get seconds() {
    return this.origin === null
      ? 0
      : Math.max(0, this.engine.now - this.origin) / this.engine.context.sampleRate;
  }

  /** Ends it: what POST /api/recordings takes, or null where nothing was played. */
  end() {
    this.engine.observer = null;
    const samples = this.origin === null ? 0 : this.engine.now - this.origin;
    if (samples <= 0) return null;
    const { barSamples, pitch } = this.tempo;
    return { bar_samples: barSamples, pitch, samples, events: this.events.filter(({ at }) => at < samples) };
  }
}
