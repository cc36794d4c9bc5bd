/** The picture of a set over the time of its source: peaks of what was kept, gaps where something was dropped. */

const BAR_PX = 2;
const GAP_PX = 1;
const FULL = 128;

/** Two canvases, one in the colour of what is to come and one of what was played, drawn once for a size. */
export class Waveform {
  /**
   * @param {HTMLElement} frame holds both canvases and the marks
   * @param {import("./timeline.js").Timeline} timeline
   */
  constructor(frame, timeline) {
    this.frame = frame;
    this.timeline = timeline;
    [this.ahead, this.played] = frame.querySelectorAll("canvas");
    this.peaks = [];
    this.colours = matchMedia("(prefers-color-scheme: dark)");
    this.colours.addEventListener("change", () => this.draw());
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(frame);
  }

  /** @param {[number, number][]} peaks lowest and highest sample of equal parts of what was kept, -128 to 127 */
  show(peaks) {
    this.peaks = peaks;
    this.draw();
  }

  /** @param {number} share of the source that was played */
  mark(share) {
    this.frame.classList.toggle("begun", share > 0);
    this.frame.style.setProperty("--played", `${100 * share}%`);
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!width || !height) return; // in a view that is not shown
    const style = getComputedStyle(this.frame);
    const bars = this.bars(Math.floor(width / (BAR_PX + GAP_PX)));
    paint(this.ahead, width, height, bars, style.getPropertyValue("--soft"));
    paint(this.played, width, height, bars, style.getPropertyValue("--accent"));
  }

  // Highest and lowest of each bar of the picture, in shares of full scale; null where nothing was kept.
  bars(number) {
    const { timeline, peaks } = this;
    const step = timeline.seconds / number;
    const perSecond = peaks.length / (timeline.keptSeconds || 1);
    return Array.from({ length: number }, (_, bar) => {
      const from = timeline.toKept(bar * step);
      const to = timeline.toKept((bar + 1) * step);
      if (to <= from || peaks.length === 0) return null;
      const first = Math.min(peaks.length - 1, Math.floor(from * perSecond));
      const some = peaks.slice(first, Math.max(first + 1, Math.ceil(to * perSecond)));
      return [Math.min(...some.map(([low]) => low)) / FULL, Math.max(...some.map(([, high]) => high)) / FULL];
    });
  }
}

function paint(canvas, width, height, bars, colour) {
  const dense = devicePixelRatio || 1;
  canvas.width = Math.round(width * dense);
  canvas.height = Math.round(height * dense);
  const drawing = canvas.getContext("2d");
  drawing.scale(dense, dense);
  drawing.fillStyle = colour;
  const middle = height / 2;
  bars.forEach((bar, at) => {
    if (!bar) return;
    const top = middle - Math.max(bar[1] * middle, 0.5);
    const bottom = middle - Math.min(bar[0] * middle, -0.5);
    drawing.fillRect(at * (BAR_PX + GAP_PX), top, BAR_PX, bottom - top);
  });
}
