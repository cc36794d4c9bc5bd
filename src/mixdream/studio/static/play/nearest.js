/** What a loop is nearest to in the sets, whether it is a copy, and the moment played beside it. */

import { element, update } from "../dom.js";
import { RATE, fetchSound } from "./library.js";
import { say } from "../message.js";

export class NearestView {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.sentence = element("span");
    this.moment = element("button", {
      type: "button",
      className: "toggle",
      textContent: "▶ Moment",
      aria: { label: "Hear the moment of the set" },
      on: { click: () => this.hear("moment") },
    });
    this.loop = element("button", {
      type: "button",
      className: "toggle",
      textContent: "▶ Loop",
      aria: { label: "Hear the loop beside it" },
      on: { click: () => this.hear("loop") },
    });
    this.buttons = element("div", { className: "actions" }, this.moment, this.loop);
    this.mark = element("strong", { className: "mark" });
    this.root = element(
      "section",
      { className: "nearest", aria: { label: "Nearest in your music" } },
      element("p", {}, this.mark, " ", this.sentence),
      this.buttons,
    );
  }

  show(loop) {
    if (this.shown?.id !== loop?.id) this.silence();
    this.shown = loop;
    this.root.hidden = !loop;
    if (!loop) return;
    update(this.root, { className: `nearest ${loop.copy ? "copy" : ""}` });
    update(this.mark, {
      textContent: loop.copy ? "⚠ May be a copy" : loop.copy === false ? "✓" : "",
      hidden: loop.copy === null || loop.copy === undefined,
    });
    update(this.sentence, { textContent: loop.verdict });
    update(this.buttons, { hidden: !loop.nearest });
    for (const what of ["moment", "loop"]) this[what].setAttribute("aria-pressed", this.hearing === what);
  }

  /** Plays the moment of the set, or the loop, alone, until it ends or the other is asked for. */
  async hear(what) {
    const again = this.hearing === what;
    this.silence();
    if (again) return;
    const { session, shown } = this;
    const engine = session.audio();
    this.hearing = what;
    session.changed();
    try {
      await session.opened;
      const buffer =
        what === "loop"
          ? (await session.library.load(shown, ownTempo(shown))).buffer
          : await fetchSound(momentOf(shown.nearest));
      if (this.hearing !== what || this.shown.id !== shown.id) return;
      this.audition = engine.audition(buffer, () => this.ended(what));
    } catch (error) {
      this.ended(what);
      say(error.message);
    }
  }

  silence() {
    this.audition?.();
    this.audition = null;
    this.hearing = null;
    this.session.changed();
  }

  ended(what) {
    if (this.hearing === what) this.silence();
  }
}

// The tempo at which the moment plays, too.
const ownTempo = ({ bpm }) => ({ barSamples: Math.round((240 * RATE) / bpm), pitch: "keep" });

function momentOf({ set, time_s: at, seconds, speed }) {
  const asked = new URLSearchParams({ at_s: at, seconds, speed: speed ?? 1 });
  return `api/sets/${encodeURIComponent(set)}/moment.wav?${asked}`;
}
