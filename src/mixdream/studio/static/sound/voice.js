// One voice: a line in time of loops, each begun and ended on an exact sample, through cuts and gains.

import { sampleNow, soon } from "./clock.js";

const LAUNCH_S = 0.001; // a beginning out of silence: too short to soften a hit, long enough not to click
const FADE_S = 0.005;
const LATE_SAMPLES = 256; // a source told to begin no sooner than this may have begun late
const CUT_OFF = { low_cut_hz: 20, high_cut_hz: 20000 };
const BUTTERWORTH_DB = 20 * Math.log10(Math.SQRT1_2);

/**
 * A loop as it is heard at one tempo.
 * @typedef {{id: string, bars: number, barSamples: number, buffer: AudioBuffer}} Played
 *
 * A loop on a voice's line: it sounds from sample `at` on, begun `offset` samples into its buffer, until `stopAt`.
 * `continues`: it goes on where the one before it was, as after a change of tempo.
 * @typedef {{played: Played, at: number, offset: number, stopAt: number, continues: boolean}} Sound
 */

export class Voice {
  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} output
   */
  constructor(context, output) {
    this.context = context;
    this.sounds = [];
    // At 0 Hz and at half the sample rate these filters pass everything, bit by bit.
    this.lowCut = new BiquadFilterNode(context, { type: "highpass", frequency: 0, Q: BUTTERWORTH_DB });
    this.highCut = new BiquadFilterNode(context, {
      type: "lowpass",
      frequency: context.sampleRate / 2,
      Q: BUTTERWORTH_DB,
    });
    this.volume = new GainNode(context);
    this.open = new GainNode(context);
    this.lowCut.connect(this.highCut).connect(this.volume).connect(this.open).connect(output);
  }

  /** Begins a loop at a sample; what is on the line from there on gives way. Returns the sound. */
  start(at, played, offset = 0, continues = false) {
    this.stop(at);
    let from = at;
    let nodes = this.play(played, from, offset, continues);
    // Where the page was held up until the moment had passed, the loop joins in at the place where it would be by now.
    while (sampleNow(this.context) + LATE_SAMPLES > from) {
      for (const node of nodes) node.disconnect();
      from = soon(this.context);
      nodes = this.play(played, from, phase({ played, at, offset }, from), true);
    }
    const [source, gate] = nodes;
    const sound = { played, at, offset, stopAt: Infinity, continues, source, gate };
    source.addEventListener("ended", () => this.remove(sound));
    this.sounds.push(sound);
    return sound;
  }

  // The nodes that play a loop from a sample on: [source, gate].
  play(played, from, offset, continues) {
    const { sampleRate } = this.context;
    const source = new AudioBufferSourceNode(this.context, { buffer: played.buffer, loop: true });
    const gate = new GainNode(this.context, { gain: 0 });
    source.connect(gate).connect(this.lowCut);
    const begin = from / sampleRate;
    gate.gain.setValueAtTime(0, begin);
    gate.gain.linearRampToValueAtTime(1, begin + (continues ? FADE_S : LAUNCH_S));
    source.start(begin, offset / sampleRate);
    return [source, gate];
  }

  /** From a sample on (and a fade) nothing sounds; what was to begin there or later never does. */
  stop(at) {
    for (const sound of [...this.sounds]) {
      if (sound.at >= at) {
        sound.stopAt = sound.at;
        sound.source.stop(0);
        this.remove(sound);
      } else if (sound.stopAt > at) {
        const end = at / this.context.sampleRate;
        sound.stopAt = at;
        sound.gate.gain.cancelScheduledValues(end);
        sound.gate.gain.setValueAtTime(1, end);
        sound.gate.gain.linearRampToValueAtTime(0, end + FADE_S);
        sound.source.stop(end + FADE_S);
      }
    }
  }

  /** What sounds at a sample goes on from there as another loop, or at another tempo, at the same place of its bars. */
  swap(at, played) {
    const sound = this.at(at);
    if (!sound) return null;
    const bars = phase(sound, at) / sound.played.barSamples;
    const offset = Math.round((bars % played.bars) * played.barSamples) % played.buffer.length;
    return this.start(at, played, offset, sound.at < at || sound.continues);
  }

  /** The sound at a sample, or null. */
  at(sample) {
    return this.sounds.findLast((sound) => sound.at <= sample && sample < sound.stopAt) ?? null;
  }

  /** The sound that begins after a sample and is no continuation, or null. */
  queued(sample) {
    return this.sounds.find((sound) => sound.at > sample && !sound.continues) ?? null;
  }

  /** The loop that this voice plays or is about to play once everything on its line has happened, or null. */
  get last() {
    const sound = this.sounds.at(-1);
    return sound && sound.stopAt === Infinity ? sound.played : null;
  }

  /** @param {{volume?: number, low_cut_hz?: number, high_cut_hz?: number, open?: boolean}} settings */
  set({ volume, low_cut_hz: low, high_cut_hz: high, open }) {
    if (volume !== undefined) this.glide(this.volume.gain, volume);
    if (open !== undefined) this.glide(this.open.gain, open ? 1 : 0);
    if (low !== undefined) this.glide(this.lowCut.frequency, low > CUT_OFF.low_cut_hz ? low : 0);
    if (high !== undefined) {
      this.glide(this.highCut.frequency, high < CUT_OFF.high_cut_hz ? high : this.context.sampleRate / 2);
    }
  }

  glide(param, value) {
    const now = this.context.currentTime;
    param.cancelScheduledValues(now);
    if (now === 0) {
      param.value = value;
      return;
    }
    param.setTargetAtTime(value, now, FADE_S / 3);
    // An exponential never arrives; the cuts are exact only at their ends.
    param.setValueAtTime(value, now + 10 * FADE_S);
  }

  remove(sound) {
    sound.source.disconnect();
    sound.gate.disconnect();
    this.sounds = this.sounds.filter((other) => other !== sound);
  }
}

/** How far into its buffer a sound is at a sample, in samples. */
export function phase(sound, sample) {
  return (sound.offset + Math.max(0, sample - sound.at)) % sound.played.buffer.length;
}
