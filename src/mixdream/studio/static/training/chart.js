/** A small chart of check-ups over the time of training; a pointer or the arrows go from one to the next. */

import { part, say } from "../dom.js";
import { clock } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 132;
const EDGE = { top: 10, right: 10, bottom: 22, left: 44 };
const TIME_PX = 32; // of a time's width
const LINES = 2; // parts that the height is ruled into

/**
 * @typedef {object} Line what is drawn of check-ups
 * @property {string} name as people read it; empty where the chart has one line
 * @property {(checkUp: object) => number | null} of
 */

/** Draws lines in a figure, and says the values of one check-up. */
export class Chart {
  /**
   * @param {HTMLElement} figure with the parts `plot` and `now`
   * @param {{ lines: Line[], least: number, text: (value: number) => string,
   *   tick: (value: number) => string }} what
   *   least: the highest value of the axis is no lower than this; tick: its numbers
   * @param {{ choose: (at: number) => void, point: (at: number | null) => void }} does
   */
  constructor(figure, what, does) {
    Object.assign(this, { figure, what, does });
    this.plot = part(figure, "plot");
    this.checkUps = [];
    this.at = -1;
    this.plot.addEventListener("pointermove", (event) => does.point(this.nearest(event)));
    this.plot.addEventListener("pointerleave", () => does.point(null));
    this.plot.addEventListener("click", (event) => does.choose(this.nearest(event)));
    this.plot.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  /**
   * @param {object[]} checkUps oldest first
   * @param {number} at the one whose values are said
   */
  show(checkUps, at) {
    if (this.checkUps === checkUps && this.at === at) return;
    this.checkUps = checkUps;
    this.at = at;
    const text = this.textOf(checkUps[at]);
    say(part(this.figure, "now"), text);
    this.plot.setAttribute("aria-valuemax", String(Math.max(0, checkUps.length - 1)));
    this.plot.setAttribute("aria-valuenow", String(at));
    const best = checkUps[at].best ? ", the best" : "";
    this.plot.setAttribute("aria-valuetext", `after ${clock(checkUps[at].seconds)}${best}: ${text}`);
    this.draw();
  }

  textOf(checkUp) {
    const said = this.what.lines
      .map(({ name, of }) => [name, of(checkUp)])
      .filter(([, value]) => isNumber(value))
      .map(([name, value]) => `${name} ${this.what.text(value)}`.trim());
    return said.join(" · ") || "cannot be told";
  }

  nearest(event) {
    const x = event.clientX - this.plot.getBoundingClientRect().left;
    const far = this.checkUps.map((checkUp) => Math.abs(this.x(checkUp.seconds) - x));
    return far.indexOf(Math.min(...far));
  }

  key(event) {
    const last = this.checkUps.length - 1;
    const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: last }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.does.choose(Math.min(last, Math.max(0, to)));
  }

  x(seconds) {
    const [from, to] = [this.checkUps[0].seconds, this.checkUps.at(-1).seconds];
    const wide = this.width - EDGE.left - EDGE.right;
    return EDGE.left + (to > from ? (seconds - from) / (to - from) : 0.5) * wide;
  }

  y(value) {
    return HEIGHT - EDGE.bottom - (value / this.top) * (HEIGHT - EDGE.top - EDGE.bottom);
  }

  // Whether there is room for the times of both.
  far(one, other) {
    return Math.abs(this.x(one.seconds) - this.x(other.seconds)) > 1.75 * TIME_PX;
  }

  draw() {
    this.width = this.plot.clientWidth;
    if (!this.width || this.checkUps.length === 0) return;
    const values = this.what.lines.flatMap(({ of }) => this.checkUps.map(of)).filter(isNumber);
    this.top = round(Math.max(this.what.least, ...values));
    const svg = drawn("svg", { width: this.width, height: HEIGHT, "aria-hidden": true });
    this.rule(svg);
    const pointed = this.checkUps[this.at];
    const x = this.x(pointed.seconds);
    svg.append(drawn("line", { class: "cursor", x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
    this.what.lines.forEach(({ of }, at) => {
      const shown = this.checkUps.filter((checkUp) => isNumber(of(checkUp)));
      const points = shown.map((checkUp) => `${this.x(checkUp.seconds)},${this.y(of(checkUp))}`).join(" ");
      svg.append(drawn("polyline", { class: `line line-${at}`, points }));
      for (const checkUp of shown) {
        const place = { cx: this.x(checkUp.seconds), cy: this.y(of(checkUp)) };
        if (checkUp.best) svg.append(drawn("circle", { class: `best line-${at}`, r: 5, ...place }));
        if (checkUp === pointed) svg.append(drawn("circle", { class: `dot line-${at}`, r: 3, ...place }));
      }
    });
    this.plot.replaceChildren(svg);
  }

  rule(svg) {
    for (let part = 0; part <= LINES; part += 1) {
      const value = (part * this.top) / LINES;
      const y = this.y(value);
      svg.append(drawn("line", { class: "rule", x1: EDGE.left, x2: this.width - EDGE.right, y1: y, y2: y }));
      svg.append(drawn("text", { x: EDGE.left - 6, y: y + 4, "text-anchor": "end" }, this.what.tick(value)));
    }
    // When the first and the last were, and the one whose values are said, where that leaves room.
    const pointed = this.checkUps[this.at];
    const [least, most] = [EDGE.left + TIME_PX / 2, this.width - EDGE.right - TIME_PX / 2];
    for (const one of new Set([this.checkUps[0], this.checkUps.at(-1), pointed])) {
      if (one !== pointed && !this.far(one, pointed)) continue;
      const x = Math.min(most, Math.max(least, this.x(one.seconds)));
      const words = { class: one === pointed ? "at" : "", x, y: HEIGHT - 6, "text-anchor": "middle" };
      svg.append(drawn("text", words, clock(one.seconds)));
    }
  }
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// The next of 1, 2 and 5 with zeros: axes end on numbers that one can read.
function round(value) {
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * [1, 2, 5, 10].find((step) => step * ten >= value * 0.999);
}

function drawn(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}
