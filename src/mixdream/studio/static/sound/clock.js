// The clock of everything that sounds: whole samples, counted in bars of four beats.

const PARTS = { bar: 1, half: 2, beat: 4 };
const MARGIN_S = 0.02; // a source told to begin sooner than this might be late

/** The sample that a context is at. */
export function sampleNow({ currentTime, sampleRate }) {
  return Math.round(currentTime * sampleRate);
}

/** The first sample that can still be told to sound. */
export function soon(context) {
  const margin = Math.max(MARGIN_S, 2 * (context.baseLatency ?? 0));
  return sampleNow(context) + Math.ceil(margin * context.sampleRate);
}

/**
 * Bars on a line of samples. A change of tempo is told ahead and holds from a bar's first sample on.
 */
export class BarClock {
  /** @param {number} barSamples length of a bar */
  constructor(barSamples) {
    this.segment = { origin: 0, bar: 0, barSamples };
    this.following = null;
    this.running = false;
  }

  /** Bar 0 begins at this sample. */
  start(at) {
    this.segment = { origin: at, bar: 0, barSamples: this.latest.barSamples };
    this.following = null;
    this.running = true;
  }

  /** Forgets where bars are; a tempo that was told ahead holds at once. */
  stop() {
    this.segment = { ...this.segment, barSamples: this.latest.barSamples };
    this.following = null;
    this.running = false;
  }

  /** The length of a bar that holds in the end, with what was told ahead. */
  get latest() {
    return this.following ?? this.segment;
  }

  /** From the bar that begins at this sample on, bars are this long; while the clock stands, at once. */
  change(at, barSamples) {
    if (!this.running) {
      this.segment = { ...this.segment, barSamples };
      return;
    }
    this.settle(at - 1);
    const bar = this.segment.bar + Math.round((at - this.segment.origin) / this.segment.barSamples);
    this.following = { origin: at, bar, barSamples };
  }

  /** The stretch of equal bars that this sample lies in: {origin, bar, barSamples}. */
  at(sample) {
    return this.following && sample >= this.following.origin ? this.following : this.segment;
  }

  /** Makes a change that has happened by this sample the stretch to count from. */
  settle(sample) {
    if (this.following && sample >= this.following.origin) {
      this.segment = this.following;
      this.following = null;
    }
  }

  /**
   * The first boundary that is not before a sample.
   * @param {number} sample
   * @param {"bar"|"half"|"beat"} quantum
   */
  next(sample, quantum) {
    const { origin, barSamples } = this.at(sample);
    const step = barSamples / PARTS[quantum];
    let count = Math.max(0, Math.floor((sample - origin) / step));
    while (origin + Math.round(count * step) < sample) count += 1;
    const found = origin + Math.round(count * step);
    return this.following && sample < this.following.origin ? Math.min(found, this.following.origin) : found;
  }

  /** Where a sample is: bar and beat from 0, and the share of the bar that has passed. */
  position(sample) {
    const { origin, bar, barSamples } = this.at(sample);
    const bars = Math.max(0, (sample - origin) / barSamples);
    const share = bars - Math.floor(bars);
    return { bar: bar + Math.floor(bars), beat: Math.floor(4 * share), share };
  }
}
