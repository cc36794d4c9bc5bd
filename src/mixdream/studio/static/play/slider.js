/** A slider with its name and value, and what it shows when it is left alone. */

import { element, update } from "../dom.js";

/**
 * @param {{label: string, min?: number, max?: number, step?: number, control?: string,
 *   words: (value: number) => string,
 *   change: (value: number) => void}} given
 */
export class Slider {
  constructor({ label, min = 0, max = 1, step = 0.01, control, words, change }) {
    this.words = words;
    this.value = element("output");
    this.input = element("input", {
      type: "range",
      min,
      max,
      step,
      data: control ? { control } : {},
      on: {
        input: () => {
          change(Number(this.input.value));
          this.show(Number(this.input.value));
        },
        pointerdown: () => {
          this.held = true;
        },
        pointerup: () => {
          this.held = false;
        },
        pointercancel: () => {
          this.held = false;
        },
      },
    });
    this.root = element(
      "label",
      { className: "slider" },
      element("span", { textContent: label }),
      this.input,
      this.value,
    );
  }

  /** Shows a value, unless it is being moved. */
  show(value) {
    if (!this.held && Number(this.input.value) !== value) this.input.value = value;
    const text = this.words(value);
    update(this.value, { textContent: text });
    if (this.input.getAttribute("aria-valuetext") !== text) this.input.setAttribute("aria-valuetext", text);
  }
}

const OCTAVES = Math.log2(20000 / 20);

/** A frequency from 20 to 20000 Hz on a slider from 0 to 1 that is even to the ear, and back. */
export const toHz = (share) => Math.min(20000, Math.max(20, Math.round(20 * 2 ** (OCTAVES * share))));
export const fromHz = (hz) => Math.round((1000 * Math.log2(hz / 20)) / OCTAVES) / 1000;

export const percent = (value) => `${Math.round(100 * value)} %`;
export const hertz = (hz) => (hz < 1000 ? `${Math.round(hz)} Hz` : `${(hz / 1000).toFixed(1)} kHz`);
