/** The view of sets: what came in, what is read, and each set with its picture and player. */

import { on, post } from "../api.js";
import { keyed, made, part, say, sentencesIn } from "../dom.js";
import { Reading } from "./reading.js";
import { describe, setCard, showPlaying } from "./set_card.js";
import { SetPlayer } from "./set_player.js";
import { UploadsView } from "./uploads_view.js";
import { several } from "../words.js";

const EMPTY = {
  sets: [], rejected: [], duplicates: [], not_taken: [], named: [], waiting: [], uploads: [], hours: 0, loops: 0, expect: [],
};

/** Begin the view. */
export function showSets() {
  new SetsView(document.getElementById("sets"));
}

class SetsView {
  constructor(root) {
    this.root = root;
    this.sets = EMPTY;
    this.jobs = {};
    this.reading = new Reading(part(root, "reading"));
    this.uploads = new UploadsView(root, () => this.reading.want());
    this.player = new SetPlayer(part(root, "audio"), () => this.showPlaying());
    this.question = part(root, "ask-remove");
    part(root, "do-remove").addEventListener("click", () => this.remove());
    on("sets", (sets) => {
      this.sets = sets;
      this.update();
    });
    on("jobs", (jobs) => {
      this.jobs = jobs;
      this.reading.update(this.sets, jobs);
    });
  }

  update() {
    const { sets, hours, loops, expect, rejected, duplicates, not_taken, named } = this.sets;
    const { root } = this;
    root.classList.toggle("empty", sets.length === 0);
    part(root, "sum").hidden = sets.length === 0;
    const [music, unit] = hours < 0.95 ? [Math.round(60 * hours), "minute"] : [Math.round(10 * hours) / 10, "hour"];
    say(part(root, "hours"), String(music));
    say(part(root, "hours-name"), `${unit}${music === 1 ? "" : "s"} of music`);
    say(part(root, "count"), String(sets.length));
    say(part(root, "count-name"), sets.length === 1 ? "set" : "sets");
    say(part(root, "loops"), loops.toLocaleString("en"));
    sentencesIn(part(root, "expect"), expect);
    sentencesIn(part(root, "named"), named.map((path) => `Named on this machine: ${path}`));
    this.reading.update(this.sets, this.jobs);
    this.uploads.update(this.sets);
    const keyOf = (set) => `${set.name} ${set.seconds} ${set.kept_s}`; // the same name may get other music
    keyed(part(root, "set-list"), sets, keyOf, (set) => setCard(set, this.player, (name) => this.ask(name)), describe);
    this.showPlaying();
    if (this.player.name !== null && !sets.some((set) => set.name === this.player.name)) {
      this.player.forget(this.player.name);
    }
    showLeftOut(root, "rejected", rejected);
    showLeftOut(root, "duplicates", duplicates);
    showLeftOut(root, "not-taken", not_taken);
  }

  showPlaying() {
    const cards = part(this.root, "set-list").children;
    this.sets.sets.forEach((set, at) => showPlaying(cards[at], set, this.player));
  }

  ask(name) {
    this.asked = name;
    say(part(this.root, "asked"), `Remove “${name}” from this project?`);
    this.question.showModal();
  }

  async remove() {
    this.question.close();
    this.player.forget(this.asked);
    await post("sets/remove", { name: this.asked });
  }
}

// Files that gave no set, each with its reason.
function showLeftOut(root, name, left_out) {
  const section = part(root, name);
  section.hidden = left_out.length === 0;
  say(part(section, "number"), several(left_out.length, "file"));
  const make = () => {
    const item = made("li");
    item.append(made("b"), " ", made("span"));
    return item;
  };
  keyed(part(section, "list"), left_out, (one, at) => `${at} ${one.source}`, make, (item, { source, reason }) => {
    const file = item.querySelector("b");
    say(file, source.split("/").at(-1));
    file.title = source;
    say(item.querySelector("span"), reason);
  });
}
