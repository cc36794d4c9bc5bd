/** Plays loops of check-ups: one again and again without a gap, or one after the other. */

import { begins } from "../only_one.js";

const KEPT = 64; // decoded loops; one has about 3 MB

/** One loop sounds at a time. */
export class LoopPlayer {
  /** @param {() => void} changed called when another loop sounds, or none */
  constructor(changed) {
    this.changed = changed;
    /** Address of the loop that sounds or is about to, and whether it is one of several in a row. */
    this.url = null;
    this.grows = false;
    this.context = null;
    this.sources = new Set();
    this.buffers = new Map();
    this.turn = 0; // whatever an older turn is waiting for is no longer wanted
    this.stop = () => this.end();
  }

  /** @param {string} url play a loop until it is stopped */
  async play(url) {
    const turn = this.begin(url, false);
    const buffer = await this.fetch(url);
    if (turn === this.turn) this.start(buffer, { loop: true });
  }

  /**
   * Play loops once each, one after the other.
   * @param {string[]} urls
   */
  async grow(urls) {
    const turn = this.begin(urls[0], true);
    let end = 0;
    let next = this.fetch(urls[0]);
    for (let at = 0; at < urls.length; at += 1) {
      const buffer = await next;
      if (turn !== this.turn) return;
      // To the sample where the one before ends; at once where it was not here in time.
      const when = Math.max(end, this.context.currentTime);
      const source = this.start(buffer, { when });
      end = when + buffer.duration;
      if (at + 1 < urls.length) next = this.fetch(urls[at + 1]);
      next.catch(() => {}); // it is awaited, and may fail, later
      await this.until(when, turn);
      if (turn !== this.turn) return;
      this.url = urls[at];
      this.changed();
      if (at + 1 === urls.length) source.addEventListener("ended", () => turn === this.turn && this.end());
    }
  }

  end() {
    this.turn += 1;
    for (const source of this.sources) source.stop();
    this.sources.clear();
    this.url = null;
    this.grows = false;
    this.changed();
  }

  begin(url, grows) {
    this.end();
    begins(this.stop);
    this.context ??= new AudioContext({ sampleRate: 44100 });
    this.context.resume(); // within the press, or browsers keep it silent
    this.url = url;
    this.grows = grows;
    this.changed();
    return this.turn;
  }

  start(buffer, { when = 0, loop = false }) {
    const source = new AudioBufferSourceNode(this.context, { buffer, loop });
    source.connect(this.context.destination);
    source.addEventListener("ended", () => this.sources.delete(source));
    this.sources.add(source);
    source.start(when);
    return source;
  }

  // A moment of the sound's clock, or the end of a turn.
  async until(when, turn) {
    while (turn === this.turn && this.context.currentTime < when) {
      await new Promise((wake) => setTimeout(wake, Math.min(200, 1000 * (when - this.context.currentTime))));
    }
  }

  async fetch(url) {
    if (!this.buffers.has(url)) {
      const { turn } = this;
      try {
        const response = await fetch(url);
        if (!response.ok) throw new Error("This loop is no longer there.");
        this.buffers.set(url, await this.context.decodeAudioData(await response.arrayBuffer()));
      } catch (error) {
        if (turn === this.turn) this.end();
        throw error;
      }
      for (const old of this.buffers.keys()) if (this.buffers.size > KEPT) this.buffers.delete(old);
    }
    return this.buffers.get(url);
  }
}
