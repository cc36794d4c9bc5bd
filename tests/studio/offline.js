// An engine in an OfflineAudioContext, and loops that tell in what it renders who and where they are.

import { Engine } from "/static/sound/engine.js";

export const RATE = 44100;

/** A library of loops made by `make(loop, barSamples) -> Float32Array`; what it gives can be held back. */
export class Made {
  constructor(make) {
    this.make = make;
    this.loaded = new Map();
    this.gate = Promise.resolve();
  }

  peek(loop, tempo) {
    return this.loaded.get(`${loop.id} ${tempo.barSamples} ${tempo.pitch}`) ?? null;
  }

  async load(loop, tempo) {
    await this.gate;
    const { barSamples } = tempo;
    const data = this.make(loop, barSamples);
    const buffer = new AudioBuffer({ length: data.length, sampleRate: RATE, numberOfChannels: 1 });
    buffer.copyToChannel(data, 0);
    const played = { id: loop.id, bars: loop.bars, barSamples, pitch: tempo.pitch, buffer };
    this.loaded.set(`${loop.id} ${barSamples} ${tempo.pitch}`, played);
    return played;
  }
}

export function noise(loop, barSamples) {
  let state = 1 + loop.seed;
  return Float32Array.from({ length: loop.bars * barSamples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.3 * (state / 2 ** 31 - 1);
  });
}

/**
 * An engine that renders `seconds`; steps: [[second, act]...], and acts happen while the context waits there.
 */
export async function render({
  seconds,
  barSamples,
  make = noise,
  steps,
  limited = false,
  channels = 1,
  connect,
}) {
  const context = new OfflineAudioContext({
    length: Math.ceil(seconds * RATE),
    sampleRate: RATE,
    numberOfChannels: channels,
  });
  const library = new Made(make);
  const engine = new Engine(context, library, { barSamples, pitch: "keep" });
  if (limited) await engine.open();
  else engine.master.connect(connect ? await connect(context) : context.destination);
  for (const [second, act] of steps) {
    if (second === 0) await act(engine, library);
    else
      context.suspend(second).then(async () => {
        await act(engine, library);
        context.resume();
      });
  }
  const out = await context.startRendering();
  return { engine, out, left: out.getChannelData(0) };
}

// Loops that say who and where they are: in each bar one impulse, HIT samples after its beginning (fades are over by
// then), whose height is a number of its own, a power of two, so that sums tell who is in them.
const HIT = 300;

export const hitLoop = (...bits) => ({ id: `hit${bits}`, bars: bits.length, bits });

export function hits(loop, barSamples) {
  const data = new Float32Array(loop.bars * barSamples);
  loop.bits.forEach((bit, bar) => {
    data[bar * barSamples + HIT] = 2 ** bit;
  });
  return data;
}

/** Beginnings of bars that are heard: {bit: [sample...]}. */
export function heard(data) {
  const found = {};
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] === 0) continue;
    for (let bit = 0; bit < 20; bit += 1)
      if (Math.round(data[i]) & (2 ** bit)) (found[bit] ??= []).push(i - HIT);
  }
  return found;
}
