/** One sound element for all sets; it streams, so that a set of hours begins at once. */

import { begins } from "../only_one.js";

/** Plays one set at a time, in seconds of what was kept of it. */
export class SetPlayer {
  /**
   * @param {HTMLAudioElement} audio
   * @param {() => void} changed called when it starts, stops, moves or fails
   */
  constructor(audio, changed) {
    this.audio = audio;
    /** Name of the set that is loaded, if any. */
    this.name = null;
    this.failed = false;
    this.stop = () => audio.pause();
    for (const event of ["play", "pause", "timeupdate", "seeked", "ended", "waiting", "playing"]) {
      audio.addEventListener(event, changed);
    }
    audio.addEventListener("error", () => {
      this.failed = this.name !== null;
      changed();
    });
  }

  /** @param {string} name whether this set sounds, or is about to */
  plays(name) {
    return this.name === name && !this.audio.paused;
  }

  /** @param {string} name seconds of a set that were played; 0 for one that is not loaded */
  at(name) {
    return this.name === name ? this.audio.currentTime : 0;
  }

  /** @param {string} name start a set where it was, or stop it */
  toggle(name) {
    if (this.plays(name)) this.audio.pause();
    else this.play(name, this.audio.ended ? 0 : this.at(name));
  }

  /**
   * Play a set from a moment on.
   * @param {string} name
   * @param {number} seconds
   */
  play(name, seconds) {
    this.load(name);
    this.audio.currentTime = seconds;
    begins(this.stop);
    this.audio.play().catch(() => {}); // stopped, or gone to another set, before it began; errors come as events
  }

  /**
   * Move to a moment of a set; it plays on if it played.
   * @param {string} name
   * @param {number} seconds
   */
  move(name, seconds) {
    this.load(name);
    this.audio.currentTime = seconds;
  }

  /** @param {string} name a set that is no longer there */
  forget(name) {
    if (this.name !== name) return;
    this.name = null;
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  load(name) {
    if (this.name === name && !this.failed) return;
    this.failed = false;
    this.name = name;
    this.audio.src = `api/sets/${encodeURIComponent(name)}/audio.wav`;
  }
}
