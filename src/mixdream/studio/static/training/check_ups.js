/** What the model sounded like at each check-up: the same seeds in rows, check-ups in columns, newest on the right. */

import { keyed, made, part, say } from "../dom.js";
import { clock } from "../words.js";

const HEAD = { checkpoint: "head" }; // the first column
const AT_END_PX = 8;

/** The table of loops; it plays them and lets one choose a check-up. */
export class CheckUps {
  /**
   * @param {HTMLElement} root
   * @param {import("./loop_player.js").LoopPlayer} player
   * @param {(at: number) => void} choose
   */
  constructor(root, player, choose) {
    this.root = root;
    this.player = player;
    this.choose = choose;
    this.checkUps = [];
    this.scroll = part(root, "scroll");
    this.atEnd = true; // the newest come into view until somebody scrolls back
    this.scroll.addEventListener("scroll", () => {
      if (!this.scroll.clientWidth) return; // in a view that is not shown
      this.atEnd = this.scroll.scrollLeft + this.scroll.clientWidth >= this.scroll.scrollWidth - AT_END_PX;
    });
    new ResizeObserver(() => this.toEnd()).observe(this.scroll);
  }

  toEnd() {
    if (this.atEnd) this.scroll.scrollLeft = this.scroll.scrollWidth;
  }

  /**
   * @param {object[]} checkUps oldest first
   * @param {number} at the one that is chosen
   */
  show(checkUps, at) {
    this.checkUps = checkUps;
    const seeds = [...new Set(checkUps.flatMap(({ loops }) => loops.map(({ seed }) => seed)))].sort((a, b) => a - b);
    const columns = [HEAD, ...checkUps];
    this.root.hidden = seeds.length === 0;
    keyed(part(this.root, "times"), columns, keyOf, (one) => this.timeCell(one), (cell, checkUp, column) => {
      if (checkUp === HEAD) return;
      cell.classList.toggle("chosen", column - 1 === at);
      const button = cell.firstElementChild;
      button.setAttribute("aria-pressed", String(column - 1 === at));
      say(button, `${checkUp.best ? "★ " : ""}${clock(checkUp.seconds)}`);
      button.setAttribute("aria-label", `Check-up after ${clock(checkUp.seconds)}${checkUp.best ? ", the best" : ""}`);
    });
    keyed(part(this.root, "seeds"), seeds, String, () => made("tr"), (row, seed) => {
      keyed(row, columns, keyOf, (one) => this.loopCell(one, seed), (cell, checkUp, column) => {
        if (checkUp === HEAD) this.showGrow(cell, seed);
        else this.showLoop(cell, checkUp, seed, column - 1 === at);
      });
    });
    this.toEnd();
  }

  timeCell(checkUp) {
    const cell = made("th");
    cell.scope = "col";
    if (checkUp === HEAD) {
      cell.append(made("span", "soft", "after"));
      return cell;
    }
    const button = made("button", "time");
    button.type = "button";
    button.addEventListener("click", () => this.choose(this.place(checkUp)));
    cell.append(button);
    return cell;
  }

  loopCell(checkUp, seed) {
    const cell = made(checkUp === HEAD ? "th" : "td");
    const button = made("button", checkUp === HEAD ? "grow-button" : "pad");
    button.type = "button";
    cell.append(button);
    if (checkUp === HEAD) {
      cell.scope = "row";
      button.append(made("span", "sign"), made("span", "", "Grow"));
      button.addEventListener("click", () => this.toggleGrow(seed));
    } else {
      button.append(made("span", "sign"));
      button.addEventListener("click", () => this.toggle(this.place(checkUp), seed));
    }
    return cell;
  }

  showGrow(cell, seed) {
    const button = cell.firstElementChild;
    const urls = this.urls(seed);
    const plays = this.player.grows && urls.includes(this.player.url);
    button.disabled = urls.length < 2;
    button.classList.toggle("playing", plays);
    button.setAttribute("aria-label", `${plays ? "Stop" : "Hear"} seed ${seed} grow`);
  }

  showLoop(cell, checkUp, seed, chosen) {
    const button = cell.firstElementChild;
    const url = urlOf(checkUp, seed);
    const plays = url !== null && this.player.url === url;
    cell.classList.toggle("chosen", chosen);
    button.hidden = url === null;
    button.classList.toggle("best", checkUp.best);
    if (plays && !button.classList.contains("playing")) bringIn(cell, this.scroll);
    button.classList.toggle("playing", plays);
    button.setAttribute("aria-label", `${plays ? "Stop" : "Play"} seed ${seed} after ${clock(checkUp.seconds)}`);
  }

  toggle(at, seed) {
    const url = urlOf(this.checkUps[at], seed);
    this.choose(at);
    if (this.player.url === url && !this.player.grows) this.player.stop();
    else this.player.play(url);
  }

  toggleGrow(seed) {
    const urls = this.urls(seed);
    if (this.player.grows && urls.includes(this.player.url)) this.player.stop();
    else this.player.grow(urls);
  }

  urls(seed) {
    return this.checkUps.map((checkUp) => urlOf(checkUp, seed)).filter((url) => url !== null);
  }

  // Check-ups come anew with each event; a column stays that of its checkpoint.
  place({ checkpoint }) {
    return this.checkUps.findIndex((one) => one.checkpoint === checkpoint);
  }
}

function keyOf({ checkpoint }) {
  return checkpoint;
}

function urlOf({ loops }, seed) {
  return loops.find((loop) => loop.seed === seed)?.audio ?? null;
}

// Scroll sideways only: the page itself stays where its reader is.
function bringIn(cell, scroll) {
  const [inner, outer] = [cell.getBoundingClientRect(), scroll.getBoundingClientRect()];
  const head = scroll.querySelector("th").offsetWidth; // it stays in place, over the rest
  if (inner.right > outer.right) scroll.scrollLeft += inner.right - outer.right;
  else if (inner.left < outer.left + head) scroll.scrollLeft -= outer.left + head - inner.left;
}
