/** The waveform of a set as a slider: it shows what was played, and a click or a key moves there. */

import { keyed, made, part } from "../dom.js";
import { Timeline } from "./timeline.js";
import { clock } from "../words.js";
import { Waveform } from "./waveform.js";

const STEPS_S = { ArrowRight: 10, ArrowUp: 10, ArrowLeft: -10, ArrowDown: -10, PageUp: 60, PageDown: -60 };

/** The picture of a set with its gaps and its tracks, and where in it one is. */
export class SetWave {
  /**
   * @param {HTMLElement} card
   * @param {object} set as the topic `sets` has it
   * @param {(seconds: number) => void} move called with a moment of what was kept
   */
  constructor(card, set, move) {
    this.slider = part(card, "wave");
    this.timeline = new Timeline(set.seconds, set.dropped);
    this.waveform = new Waveform(this.slider, this.timeline);
    this.move = move;
    this.fetched = false;
    this.slider.setAttribute("aria-label", `Place in ${set.name}`);
    this.slider.setAttribute("aria-valuemax", String(Math.round(set.seconds)));
    this.slider.addEventListener("pointerdown", (event) => {
      this.slider.setPointerCapture(event.pointerId);
      this.drag(event);
    });
    this.slider.addEventListener("pointermove", (event) => event.buttons === 1 && this.drag(event));
    this.slider.addEventListener("keydown", (event) => this.key(event));
    this.mark(set);
    // The peaks of a set far down the list are fetched when somebody gets there.
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.fetch(set.name).then((done) => done && seen.disconnect());
    });
    seen.observe(this.slider);
    this.show(0);
  }

  /** @param {number} kept seconds of what was kept that were played */
  show(kept) {
    this.kept = kept;
    const { seconds } = this.timeline;
    const at = kept > 0 ? this.timeline.toSource(kept) : 0;
    this.waveform.mark(seconds ? at / seconds : 0);
    const text = `${clock(at)} of ${clock(seconds)}`;
    if (this.slider.getAttribute("aria-valuetext") === text) return;
    this.slider.setAttribute("aria-valuenow", String(Math.round(at)));
    this.slider.setAttribute("aria-valuetext", text);
  }

  async fetch(name) {
    if (this.fetched) return true;
    this.fetched = true;
    try {
      const response = await fetch(`api/sets/${encodeURIComponent(name)}/peaks.json`);
      this.waveform.show((await response.json()).peaks);
    } catch {
      this.fetched = false; // again when it comes into view again
    }
    return this.fetched;
  }

  mark({ dropped, tracks, seconds }) {
    const share = (time) => `${(100 * time) / (seconds || 1)}%`;
    keyed(part(this.slider, "gaps"), dropped, (span) => String(span.start_s), () => made("i"), (gap, span) => {
      gap.style.left = share(span.start_s);
      gap.style.width = share(span.stop_s - span.start_s);
    });
    keyed(part(this.slider, "cues"), tracks, (track, at) => String(at), () => made("i"), (cue, track) => {
      cue.style.left = share(track.start_s);
    });
  }

  drag(event) {
    if (event.button > 0) return;
    const box = this.slider.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.move(this.timeline.toKept(share * this.timeline.seconds));
  }

  key(event) {
    const ends = { Home: 0, End: this.timeline.keptSeconds };
    const to = ends[event.key] ?? (event.key in STEPS_S ? this.kept + STEPS_S[event.key] : null);
    if (to === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows belong to the pads elsewhere
    this.move(Math.min(this.timeline.keptSeconds, Math.max(0, to)));
  }
}
