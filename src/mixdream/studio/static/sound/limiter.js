// The last thing before the loudspeaker: a limiter that looks ahead, one gain for both sides, and a meter.

const CEILING = 10 ** (-1 / 20) * (1 - 1e-6); // -1 dBFS, and room for rounding to 32 bits
const AHEAD_S = 0.005;
const RELEASE_S = 0.1;
const METER_S = 0.04;

/**
 * The gain that a peak needs is held over the look-ahead, let go slowly, and averaged over the look-ahead: it is
 * down when the peak, delayed by as much, arrives, and never jumps. Messages are of what went out: its peaks, left
 * and right, and the least gain.
 */
class Limiter extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ahead = Math.round(AHEAD_S * sampleRate);
    this.release = 1 - Math.exp(-1 / (RELEASE_S * sampleRate));
    this.delayed = [new Float32Array(this.ahead), new Float32Array(this.ahead)];
    this.gains = new Float64Array(this.ahead).fill(1);
    this.place = 0;
    // The least gain of the last `ahead + 1`: a queue of candidates, each greater than the one before it.
    this.capacity = this.ahead + 2;
    this.candidates = new Float64Array(this.capacity);
    this.times = new Float64Array(this.capacity);
    this.first = 0;
    this.count = 0;
    this.held = 1;
    this.sample = 0;
    this.meter = { peaks: [0, 0], gain: 1 };
  }

  process([input], [output]) {
    const [left, right] = [input[0], input[1] ?? input[0]];
    const [outLeft, outRight] = [output[0], output[1] ?? output[0]];
    // Summed anew for each block, so that rounding does not add up over hours.
    let sum = 0;
    for (const gain of this.gains) sum += gain;
    for (let i = 0; i < outLeft.length; i += 1) {
      const l = left ? left[i] : 0;
      const r = right ? right[i] : 0;
      const needed = this.least(Math.min(1, CEILING / Math.max(Math.abs(l), Math.abs(r), CEILING)));
      this.held = needed < this.held ? needed : this.held + (needed - this.held) * this.release;
      // As good as open: without this it would never be quite.
      if (this.held > 1 - 1e-6) this.held = Math.min(needed, 1);
      sum += this.held - this.gains[this.place];
      this.gains[this.place] = this.held;
      const gain = Math.min(1, sum / this.ahead);
      outLeft[i] = this.delayed[0][this.place] * gain;
      outRight[i] = this.delayed[1][this.place] * gain;
      this.delayed[0][this.place] = l;
      this.delayed[1][this.place] = r;
      this.place = (this.place + 1) % this.ahead;
      this.look(outLeft[i], outRight[i], gain);
    }
    return true;
  }

  // Of this gain and the `ahead` before it.
  least(gain) {
    const { candidates, times, capacity } = this;
    while (this.count && candidates[(this.first + this.count - 1) % capacity] >= gain) this.count -= 1;
    const end = (this.first + this.count) % capacity;
    candidates[end] = gain;
    times[end] = this.sample;
    this.count += 1;
    if (times[this.first] < this.sample - this.ahead) {
      this.first = (this.first + 1) % capacity;
      this.count -= 1;
    }
    this.sample += 1;
    return candidates[this.first];
  }

  look(left, right, gain) {
    const { peaks } = this.meter;
    peaks[0] = Math.max(peaks[0], Math.abs(left));
    peaks[1] = Math.max(peaks[1], Math.abs(right));
    this.meter.gain = Math.min(this.meter.gain, gain);
    if (this.sample % Math.round(METER_S * sampleRate) === 0) {
      this.port.postMessage(this.meter);
      this.meter = { peaks: [0, 0], gain: 1 };
    }
  }
}

registerProcessor("limiter", Limiter);
