/** The view of training: what it is about to do, how the model grows, and what it sounds like now. */

import { on, post } from "../api.js";
import { Chart } from "./chart.js";
import { CheckUps } from "./check_ups.js";
import { part, say } from "../dom.js";
import { LoopPlayer } from "./loop_player.js";
import { TrainingControls } from "./training_controls.js";
import { clock, percent } from "../words.js";

const two = (value) => (value < 10 ? value.toPrecision(2) : String(Math.round(value)));
const short = (value) => String(Number(value.toPrecision(2)));
const CHARTS = {
  distance: {
    lines: [
      { name: "sound", of: (checkUp) => checkUp.kd_sound },
      { name: "net", of: (checkUp) => checkUp.kd_net },
    ],
    least: 0.01,
    text: two,
    tick: short,
  },
  coverage: { lines: [{ name: "", of: (checkUp) => checkUp.coverage }], least: 0.1, text: percent, tick: percent },
  copies: { lines: [{ name: "", of: (checkUp) => checkUp.copies }], least: 0.1, text: percent, tick: percent },
};

/** Begin the view. */
export function showTraining() {
  new TrainingView(document.getElementById("training"));
}

class TrainingView {
  constructor(root) {
    this.root = root;
    this.topics = { sets: { sets: [], waiting: [] }, jobs: {}, training: { run: null, check_ups: [] }, play: {} };
    this.pointed = null; // check-up under the pointer, and the one that was chosen: the newest unless told
    this.chosen = null;
    this.controls = new TrainingControls(part(root, "controls"));
    this.player = new LoopPlayer(() => this.show());
    const does = { choose: (at) => this.choose(at), point: (at) => this.point(at) };
    this.charts = Object.entries(CHARTS).map(([name, what]) => new Chart(part(root, name), what, does));
    this.table = new CheckUps(part(root, "grown"), this.player, (at) => this.choose(at));
    part(root, "play-with").addEventListener("click", () => post("play", { model: this.modelOf(this.at) }));
    for (const topic of Object.keys(this.topics)) {
      on(topic, (content) => {
        this.topics[topic] = content;
        this.update();
      });
    }
  }

  get checkUps() {
    return this.topics.training.check_ups;
  }

  /** Place of the check-up that is chosen, else of the newest. */
  get at() {
    const at = this.checkUps.findIndex((one) => this.modelOf(this.checkUps.indexOf(one)) === this.chosen);
    return at >= 0 ? at : this.checkUps.length - 1;
  }

  modelOf(at) {
    return `${this.topics.training.run}/${this.checkUps[at].checkpoint}`;
  }

  choose(at) {
    this.chosen = this.modelOf(at);
    this.show();
  }

  point(at) {
    if (this.pointed === at) return;
    this.pointed = at;
    this.show();
  }

  update() {
    const { sets, jobs, training } = this.topics;
    this.controls.update(sets, jobs, training);
    const [verdict, ...reason] = (training.sentence ?? "").split(": ");
    part(this.root, "doctor").hidden = !training.sentence;
    say(part(this.root, "verdict"), verdict.charAt(0).toUpperCase() + verdict.slice(1));
    say(part(this.root, "reason"), reason.length ? `: ${reason.join(": ")}` : "");
    const waits = jobs.training?.state === "running" && this.checkUps.length === 0;
    part(this.root, "no-check-ups").hidden = !waits;
    this.show();
  }

  show() {
    const some = this.checkUps.length > 0;
    part(this.root, "charts").hidden = !some;
    part(this.root, "chosen").hidden = !some;
    if (!some) {
      part(this.root, "grown").hidden = true;
      return;
    }
    const { at } = this;
    const pointed = this.checkUps[this.pointed] ? this.pointed : at;
    for (const chart of this.charts) chart.show(this.checkUps, pointed);
    this.table.show(this.checkUps, at);
    this.describe(this.checkUps[at], at);
  }

  describe({ seconds, step, best, kept, told_apart }, at) {
    const newest = at === this.checkUps.length - 1;
    const which = [best ? "the best so far" : "", newest ? "the newest" : ""].filter((text) => text).join(" and ");
    say(part(this.root, "which"), `After ${clock(seconds)}${which ? `, ${which}` : ""}`);
    const known = typeof told_apart === "number";
    const apart = known ? `; told from your music ${percent(told_apart)} of the time, 50 % is guessing` : "";
    say(part(this.root, "what"), `step ${step.toLocaleString("en")}${apart}`);
    const plays = this.topics.play.model === this.modelOf(at);
    part(this.root, "play-with").hidden = !kept || plays;
    say(part(this.root, "plays-with"), plays ? "The pads play with this." : kept ? "" : "Only its loops are kept.");
  }
}
