/** The sixteen pads, their scenes and columns. */

import { attribute, element, everyFrame, update } from "../dom.js";
import { PADS } from "../sound/engine.js";
import { pictureOf } from "./library.js";
import { LETTERS } from "./keys.js";
import { phase } from "../sound/voice.js";

export const LOOP_TYPE = "application/x-mixdream-loop";

/** @param {import("./session.js").Session} session */
export function padGrid(session, grid) {
  const pads = Array.from({ length: PADS }, (_, number) => new PadView(session, number));
  const scenes = [0, 1, 2, 3].map((row) => sceneButton(session, row));
  for (let row = 0; row < 4; row += 1) {
    grid.append(...pads.slice(4 * row, 4 * row + 4).map((pad) => pad.root), scenes[row]);
  }
  for (let column = 0; column < 4; column += 1) grid.append(columnStop(session, column));
  grid.append(
    element("button", {
      className: "stop",
      type: "button",
      textContent: "All",
      aria: { label: "Stop all" },
      data: { control: "stop all" },
      on: { click: () => session.engine?.loops.size && session.toggle() },
    }),
  );
  session.onChange(() => {
    for (const pad of pads) pad.show();
    scenes.forEach((scene, row) => {
      const { name } = session.state.scenes[row];
      update(scene.firstElementChild, { textContent: name || `Scene ${row + 1}` });
    });
  });
  everyFrame(grid, () => {
    if (!session.engine) return;
    const heard = session.heardSample;
    for (const pad of pads) pad.draw(heard);
  });
}

function sceneButton(session, row) {
  return element(
    "button",
    {
      className: "scene",
      type: "button",
      data: { control: `scene ${row + 1}` },
      aria: { keyshortcuts: String(row + 5) },
      on: { click: () => session.scene(row) },
    },
    element("span"),
    element("kbd", { textContent: row + 5, aria: { hidden: "true" } }),
  );
}

function columnStop(session, column) {
  return element("button", {
    className: "stop",
    type: "button",
    textContent: "Stop",
    aria: { label: `Stop column ${column + 1}` },
    data: { control: `stop column ${column + 1}` },
    on: { click: () => session.stopColumn(column) },
  });
}

class PadView {
  constructor(session, number) {
    this.session = session;
    this.number = number;
    this.picture = element("span", { className: "picture" });
    this.line = element("span", { className: "line", hidden: true });
    this.name = element("span", { className: "number", textContent: number + 1 });
    this.letter = element("kbd", { textContent: LETTERS[number].label });
    this.key = element("strong", { className: "key" });
    this.facts = element("span", { className: "facts" });
    this.state = element("span", { className: "state" });
    this.marks = element("span", { className: "marks" });
    this.button = element(
      "button",
      {
        className: "press",
        type: "button",
        data: { control: `pad ${number + 1}` },
        aria: { keyshortcuts: LETTERS[number].label },
        on: {
          pointerdown: (event) => this.down(event),
          // From the keyboard or a screen reader; the pointer has pressed already.
          click: (event) => event.detail === 0 && session.press(number),
          focus: (event) => event.target.matches(":focus-visible") && session.select(number),
        },
      },
      this.picture,
      this.line,
      element("span", { className: "top" }, this.name, this.letter, this.marks),
      element("span", { className: "middle" }, this.key, this.state),
      this.facts,
    );
    this.grip = element("span", {
      className: "grip",
      draggable: true,
      title: "Select; drag it into a folder, a DAW or onto another pad",
      aria: { hidden: "true" },
      on: { click: () => session.select(number), dragstart: (event) => drag(event, this.loop) },
    });
    this.root = element(
      "div",
      { className: "pad", on: dropTarget((id) => session.put(number, id)) },
      this.button,
      this.grip,
    );
  }

  get loop() {
    return this.session.pad(this.number).loop;
  }

  down(event) {
    if (event.button === 0) this.session.press(this.number);
  }

  show() {
    const { session, number } = this;
    const pad = session.pad(number);
    const { loop } = pad;
    const shown = loop && !loop.gone ? loop : null;
    const state = this.stateNow();
    this.shown = state;
    const error = session.errors.get(number);
    update(this.root, {
      className: ["pad", state, loop ? "" : "empty", pad.mute ? "muted" : "", error ? "bad" : ""]
        .filter(Boolean)
        .join(" "),
    });
    attribute(this.root, "data-selected", session.selected === number ? "" : null);
    attribute(this.root, "data-copy", loop?.copy ? "" : null);
    attribute(this.root, "data-loop", loop?.id ?? null);
    update(this.button, { tabIndex: session.selected === number ? 0 : -1 });
    attribute(this.button, "aria-pressed", session.isOn(number));
    const image = shown ? `url("${pictureOf(shown)}")` : "none";
    if (this.image !== image) {
      this.image = image;
      this.picture.style.maskImage = image;
      this.picture.hidden = !shown;
    }
    update(this.grip, { hidden: !shown });
    update(this.key, {
      textContent: shown ? (shown.key ?? "no key") : loop ? "gone" : "+",
      className: shown?.key || !loop ? "key" : "key none",
    });
    update(this.facts, {
      textContent: error ?? (shown ? shortFactsOf(shown) : (loop?.verdict ?? "New loop")),
    });
    update(this.state, { textContent: WORDS[state] ?? session.busy.get(number) ?? "" });
    update(this.marks, { textContent: marksOf(pad) });
    attribute(this.button, "aria-label", this.sentence(pad, shown, state, error));
  }

  stateNow() {
    const { engine, busy } = this.session;
    if (busy.has(this.number)) return "busy";
    if (!engine) return "";
    const voice = engine.voices.get(this.number);
    const now = engine.now;
    if (voice.queued(now)) return "queued";
    const sound = voice.at(now);
    if (sound && voice.last) return "playing";
    if (sound) return "ending";
    return engine.loops.has(this.number) ? "loading" : "";
  }

  // Where in its loop it is; and a boundary may have passed since the last frame.
  draw(heard) {
    const { session, number } = this;
    if (this.stateNow() !== this.shown) session.changed();
    const voice = session.engine.voices.get(number);
    const sound = voice.at(heard);
    const share = sound ? phase(sound, heard) / sound.played.buffer.length : 0;
    const shift = `translateX(${(100 * share).toFixed(2)}%)`;
    if (shift !== this.shift) {
      this.shift = shift;
      this.line.style.transform = shift;
    }
    if (Boolean(sound) !== this.sounding) {
      this.sounding = Boolean(sound);
      this.line.hidden = !sound;
    }
  }

  sentence(pad, loop, state, error) {
    const parts = [`Pad ${this.number + 1}`];
    if (loop)
      parts.push(
        loop.key ? `${loop.key}, ${loop.camelot}` : "no key",
        barsOf(loop),
        WORDS_ALOUD[state] ?? "",
      );
    else parts.push("empty: press for a new loop", WORDS_ALOUD[state] ?? "");
    if (loop?.heart) parts.push("hearted");
    if (loop?.copy) parts.push("may be a copy");
    if (pad.mute) parts.push("muted");
    if (pad.solo) parts.push("solo");
    if (error) parts.push(error);
    return parts.filter(Boolean).join(", ");
  }
}

const WORDS = { playing: "▶", queued: "next", ending: "ends", loading: "loads" };
const WORDS_ALOUD = {
  playing: "plays",
  queued: "begins next",
  ending: "ends next",
  loading: "loads",
  busy: "a loop is made",
};

const NARROW = matchMedia("(max-width: 720px)");
const shortFactsOf = (loop) =>
  NARROW.matches ? [loop.camelot, barsOf(loop)].filter(Boolean).join(" · ") : factsOf(loop);
const barsOf = ({ bars }) => `${bars} bar${bars === 1 ? "" : "s"}`;

/** Camelot code, tempo and bars of a loop, in a line. */
export function factsOf(loop) {
  return [loop.camelot, `${Math.round(loop.bpm)}`, barsOf(loop)].filter(Boolean).join(" · ");
}

function marksOf({ loop, mute, solo }) {
  return [mute ? "M" : "", solo ? "S" : "", loop?.heart ? "♥" : ""].filter(Boolean).join(" ");
}

/** Begins to drag a loop: onto pads of this page, or out of it as a file. */
export function drag(event, loop) {
  if (!loop) return;
  const url = new URL(`api/loops/${encodeURIComponent(loop.id)}.wav`, location.href).href;
  event.dataTransfer.effectAllowed = "copy";
  event.dataTransfer.setData(LOOP_TYPE, loop.id);
  event.dataTransfer.setData("DownloadURL", `audio/wav:${loop.id}.wav:${url}`);
  event.dataTransfer.setData("text/uri-list", url);
}

/** Listeners of what a loop can be dropped on. */
export function dropTarget(take) {
  const isLoop = (event) => event.dataTransfer.types.includes(LOOP_TYPE);
  const mark = (event, over) => event.currentTarget.toggleAttribute("data-over", over);
  return {
    dragover: (event) => {
      if (!isLoop(event)) return;
      event.preventDefault();
      mark(event, true);
    },
    dragleave: (event) => mark(event, false),
    drop: (event) => {
      mark(event, false);
      if (!isLoop(event)) return;
      event.preventDefault();
      take(event.dataTransfer.getData(LOOP_TYPE));
    },
  };
}
