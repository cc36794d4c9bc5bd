// Where the music is, and the part of it that is repeated: two handles, by mouse, finger or arrow keys.

const SHORTEST_S = 0.5;
const STEP_S = 0.05; // of a handle, about
const PAUSE_MS = 120; // after the last move of a handle; a key that is held down makes many

export class Timeline {
  // box: with two sliders, a bar for the part and a cursor. changed: called when another part is to be heard.
  constructor(box, changed) {
    [this.start, this.end] = box.querySelectorAll("input");
    this.part = box.querySelector(".part");
    this.cursor = box.querySelector(".cursor");
    this.from = 0;
    this.to = 0;
    for (const handle of [this.start, this.end]) {
      handle.addEventListener("input", () => this.move(handle, changed));
    }
  }

  ready(seconds) {
    this.seconds = seconds;
    this.to = seconds;
    this.steps = Math.round(seconds / STEP_S); // whole ones: the last is the very end
    for (const handle of [this.start, this.end]) {
      handle.max = this.steps;
      handle.disabled = seconds <= SHORTEST_S;
    }
    this.show();
  }

  move(handle, changed) {
    const value = (Number(handle.value) / this.steps) * this.seconds;
    if (handle === this.start) this.from = Math.max(0, Math.min(value, this.to - SHORTEST_S));
    else this.to = Math.min(this.seconds, Math.max(value, this.from + SHORTEST_S));
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(changed, PAUSE_MS);
  }

  point(place) {
    this.cursor.style.left = `${(100 * place) / this.seconds}%`;
  }

  show() {
    this.part.style.left = `${(100 * this.from) / this.seconds}%`;
    this.part.style.width = `${(100 * (this.to - this.from)) / this.seconds}%`;
    for (const [handle, value] of [[this.start, this.from], [this.end, this.to]]) {
      handle.value = Math.round((value / this.seconds) * this.steps);
      handle.setAttribute("aria-valuetext", `${value.toFixed(1)} s`);
    }
  }
}
