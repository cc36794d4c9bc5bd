// Loops as they sound at a tempo: fetched, decoded and kept while there is room.

import { Refused } from "../api.js";

export const RATE = 44100;
const MOST = 48; // of four bars in stereo: 130 MB

/** Where a loop's file is. */
export const fileOf = (loop) => `api/loops/${encodeURIComponent(loop.id)}.wav`;

/** Where its picture is; the browser keeps it, so its address has what tells it from another one of its name. */
export const pictureOf = (loop) =>
  `api/loops/${encodeURIComponent(loop.id)}/picture.png?v=${loop.version}`;

/** Sound below /api/, decoded; any context can play it. */
export async function fetchSound(path) {
  let answer;
  try {
    answer = await fetch(path);
  } catch {
    throw new Refused("The studio does not answer: is it still running?");
  }
  if (!answer.ok) {
    const content = await answer.json().catch(() => ({}));
    throw new Refused(content.error ?? `The studio answered ${answer.status}.`);
  }
  // No gesture is needed for this one, and its rate is the files'.
  const decoder = new OfflineAudioContext(2, 1, RATE);
  return decoder.decodeAudioData(await answer.arrayBuffer());
}

/** Implements what the engine asks of a library (engine.js). */
export class Library {
  constructor() {
    this.loaded = new Map(); // in order of use
    this.loading = new Map();
  }

  peek(loop, tempo) {
    const key = keyOf(loop, tempo);
    const played = this.loaded.get(key) ?? null;
    if (played) {
      this.loaded.delete(key);
      this.loaded.set(key, played);
    }
    return played;
  }

  async load(loop, tempo) {
    const known = this.peek(loop, tempo);
    if (known) return known;
    const key = keyOf(loop, tempo);
    if (!this.loading.has(key)) {
      this.loading.set(
        key,
        this.fetch(loop, tempo).finally(() => this.loading.delete(key)),
      );
    }
    return this.loading.get(key);
  }

  async fetch(loop, tempo) {
    const { barSamples, pitch } = tempo;
    const place = `api/loops/${encodeURIComponent(loop.id)}/played.wav`;
    const path = `${place}?bar_samples=${barSamples}&pitch=${pitch}&v=${loop.version}`;
    const buffer = await fetchSound(path);
    const played = { id: loop.id, bars: Math.round(buffer.length / barSamples), barSamples, pitch, buffer };
    this.loaded.set(keyOf(loop, tempo), played);
    for (const oldest of this.loaded.keys()) {
      if (this.loaded.size <= MOST) break;
      this.loaded.delete(oldest);
    }
    return played;
  }
}

const keyOf = (loop, { barSamples, pitch }) => `${barSamples} ${pitch} ${loop.version} ${loop.id}`;
