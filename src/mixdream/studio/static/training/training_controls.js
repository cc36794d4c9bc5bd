/** Starting a training, stopping it and going on; how far it is. */

import { post } from "../api.js";
import { keepingFocus, part, say } from "../dom.js";
import { clock, percent, span } from "../words.js";

const DONE_BY_DOCTOR = "stopped by the doctor";
const ENDED = [DONE_BY_DOCTOR, "finished"]; // more minutes would change nothing

/** The panel with minutes, buttons and progress. */
export class TrainingControls {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.form = part(root, "minutes");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      post("jobs/training", { minutes: this.trained + this.more });
    });
    this.form.addEventListener("input", () => this.showChoice());
    // Writing a number of one's own is choosing it.
    part(root, "own").addEventListener("focus", () => this.chooseOwn());
    part(root, "stop").addEventListener("click", () => post("jobs/training/stop"));
    this.trained = 0;
    this.anew = false;
    this.offered = ""; // the training whose rest was offered
  }

  /** Minutes that are chosen; NaN where there is no number. */
  get more() {
    const { value } = this.form.elements.minutes;
    return value === "own" ? part(this.root, "own").valueAsNumber : Number(value);
  }

  /**
   * @param {object} sets topics, as they come
   * @param {object} jobs
   * @param {object} training
   */
  update(sets, jobs, training) {
    const job = jobs.training;
    const runs = job?.state === "running";
    const reads = jobs.reading?.state === "running";
    const hasSets = sets.sets.length + sets.waiting.length > 0;
    // Other sets are another training, which begins at 0.
    const same = training.current !== false && sets.waiting.length === 0;
    this.trained = same ? (training.seconds ?? 0) / 60 : 0;
    this.anew = Boolean(training.run) && !same;
    keepingFocus(this.root, () => {
      part(this.root, "running").hidden = !runs;
      this.form.hidden = runs || !hasSets || (!this.anew && ENDED.includes(training.status));
    });
    part(this.root, "start").disabled = reads;
    part(this.root, "no-sets").hidden = hasSets;
    if (runs) this.showProgress(job);
    else this.offerRest(job);
    const said = stateOf(job, training, reads, this.anew);
    const line = part(this.root, "state");
    say(line, hasSets || job ? said : "");
    line.classList.toggle("bad", job?.state === "failed");
    this.showChoice();
  }

  showProgress({ share, step, note, left_s }) {
    const bar = part(this.root, "bar");
    bar.value = share;
    bar.setAttribute("aria-valuetext", percent(share));
    say(part(this.root, "step"), step);
    say(part(this.root, "note"), note);
    say(part(this.root, "left"), left_s === null || left_s === undefined ? "" : `about ${span(left_s)} left`);
  }

  // A training that was cut off goes on to the minutes that it was begun with, unless others are chosen.
  offerRest(job) {
    const cutOff = !this.anew && job && ["stopped", "lost", "failed"].includes(job.state) && job.minutes;
    const rest = cutOff ? Math.ceil(job.minutes - this.trained) : 0;
    const offer = rest > 0 ? `${job.began} ${rest}` : "";
    if (offer === this.offered) return;
    this.offered = offer;
    if (!offer) return;
    part(this.root, "own").value = String(rest);
    this.chooseOwn();
  }

  chooseOwn() {
    this.form.elements.minutes.value = "own";
    this.showChoice();
  }

  showChoice() {
    const begun = this.trained > 0;
    say(part(this.root, "legend"), begun ? "More minutes" : "Minutes");
    say(part(this.root, "start"), begun ? "Go on" : "Start training");
    const all = this.trained + this.more;
    say(part(this.root, "in-all"), begun && all > 0 ? `${clock(60 * this.trained)} so far, then ${clock(60 * all)} in all` : "");
  }
}

function stateOf(job, training, reads, anew) {
  if (reads) return "Sets are being read; training can begin when that is done.";
  if (anew && job?.state !== "running" && job?.state !== "failed") {
    return "The sets have changed since this training: the next one begins anew with them.";
  }
  switch (job?.state) {
    case "running":
      return "";
    case "failed":
      return `Training has failed: ${job.error}`;
    case "lost":
      return `Training ended unexpectedly: ${job.error ?? "go on, little is lost"}`;
    case "stopped":
      return "Training was stopped. It goes on from here whenever you like.";
    default:
      break;
  }
  if (training.status === DONE_BY_DOCTOR) return "The doctor has ended this training: more time gains nothing. More music would.";
  if (job?.state === "done") {
    const fault = job.result?.error;
    return `Training has come to the end of its time.${fault ? ` Loops of check-ups could not be made: ${fault}` : ""}`;
  }
  return "";
}
