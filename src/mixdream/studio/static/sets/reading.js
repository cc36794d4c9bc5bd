/** How far the reading of sets is, and how to start it, stop it and go on. */

import { post } from "../api.js";
import { keepingFocus, part, say } from "../dom.js";
import { several, span } from "../words.js";

/** The panel that is shown while files wait, are read, or could not be read. */
export class Reading {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.sets = { waiting: [] };
    this.jobs = {};
    this.wanted = false; // files came in: read them as soon as nothing else runs
    part(root, "read").addEventListener("click", () => this.start());
    part(root, "stop-reading").addEventListener("click", () => post("jobs/reading/stop"));
  }

  /** Read what came in, now or when what runs is over; a training begins with reading. */
  async want() {
    this.wanted = true;
    await this.begin();
  }

  /**
   * @param {object} sets as the topic has it
   * @param {object} jobs as the topic has it
   */
  update(sets, jobs) {
    this.sets = sets;
    this.jobs = jobs;
    const { reading } = jobs;
    const waiting = sets.waiting.length;
    const reads = reading?.state === "running";
    const trains = jobs.training?.state === "running";
    this.root.hidden = !reads && waiting === 0 && reading?.state !== "failed";
    keepingFocus(this.root, () => {
      part(this.root, "reading-now").hidden = !reads;
      part(this.root, "stop-reading").hidden = !reads;
      part(this.root, "read").hidden = reads || trains;
    });
    if (reads) {
      part(this.root, "reading-bar").value = reading.share;
      say(part(this.root, "reading-step"), [reading.step, reading.note].filter((text) => text).join(": "));
      say(part(this.root, "reading-left"), leftOf(reading));
    }
    const said = part(this.root, "reading-said");
    say(said, reads ? "" : saidOf(reading, waiting, trains));
    said.classList.toggle("bad", !reads && reading?.state === "failed");
    say(part(this.root, "read"), reading?.state === "stopped" || reading?.state === "lost" ? "Go on reading" : "Read now");
    this.begin();
  }

  async begin() {
    const busy = ["reading", "training"].some((kind) => this.jobs[kind]?.state === "running");
    if (busy || !this.wanted) return;
    this.wanted = false;
    await this.start();
  }

  start() {
    return post("jobs/reading");
  }
}

function leftOf({ left_s, share }) {
  if (left_s === null || left_s === undefined) return share > 0 ? "" : "just begun";
  return `about ${span(left_s)} left`;
}

function saidOf(reading, waiting, trains) {
  const files = waiting === 1 ? "1 file waits to be read" : `${several(waiting, "file")} wait to be read`;
  if (trains) return `${files}: the next training begins with that.`;
  switch (reading?.state) {
    case "failed":
      return `Reading has failed: ${reading.error}`;
    case "lost":
      return `Reading ended unexpectedly; what was read is kept. ${files}.`;
    case "stopped":
      return `Reading was stopped; what was read is kept. ${files}.`;
    default:
      return `${files}.`;
  }
}
