/** Play and stop, tempo, pitch, launch quantum, volume, level and position. */

import { attribute, everyFrame, update } from "../dom.js";
import { newestOnly } from "./newest.js";
import { say } from "../message.js";

const SLOWEST = 40;
const FASTEST = 300;
const FLOOR_DB = -48;

/** @param {import("./session.js").Session} session */
export function transport(session) {
  const find = (id) => document.getElementById(id);
  const [toggle, bpm, position] = [find("toggle"), find("bpm"), find("position")];
  // The newest of each: a tempo that waits is not lost to a pitch that is asked for after it.
  const senders = Object.fromEntries(
    ["bpm", "pitch", "launch"].map((name) => [name, newestOnly((value) => session.tell({ [name]: value }))]),
  );
  const tell = (name, value) =>
    senders[name](value).catch((error) => {
      if (name === "bpm") asking = null;
      say(error.message);
      session.changed();
    });
  const setTempo = (value) => {
    const asked = Math.min(FASTEST, Math.max(SLOWEST, Math.round(100 * value) / 100));
    bpm.value = asked;
    asking = asked;
    tell("bpm", asked);
  };
  let asking = null; // a tempo that was asked for and not told back
  session.setTempo = setTempo;

  toggle.addEventListener("click", () => session.toggle());
  bpm.addEventListener("change", () => {
    if (Number.isFinite(bpm.valueAsNumber)) setTempo(bpm.valueAsNumber);
    else bpm.value = shownTempo();
  });
  const shownTempo = () => Math.round(100 * session.state.bpm) / 100;
  const nudge = (by) => setTempo(Math.round(2 * ((asking ?? shownTempo()) + by)) / 2);
  find("slower").addEventListener("click", () => nudge(-0.5));
  find("faster").addEventListener("click", () => nudge(0.5));

  let taps = [];
  session.tap = (time = performance.now()) => {
    if (time - taps.at(-1) > 2000) taps = [];
    taps = [...taps, time].slice(-8);
    if (taps.length > 3) setTempo((60000 * (taps.length - 1)) / (taps.at(-1) - taps[0]));
  };
  find("tap").addEventListener("pointerdown", (event) => session.tap(event.timeStamp));
  find("tap").addEventListener("click", (event) => event.detail === 0 && session.tap(event.timeStamp));

  for (const group of ["pitch", "launch"]) {
    find(group).addEventListener("change", (event) => tell(group, event.target.value));
  }
  const master = find("master");
  master.value = session.master;
  master.addEventListener("input", () => session.setMaster(master.valueAsNumber));

  session.onChange(() => {
    const { engine, state } = session;
    const playing = Boolean(engine?.loops.size);
    update(toggle.lastElementChild, { textContent: playing ? "Stop" : "Play" });
    attribute(toggle, "data-playing", playing ? "" : null);
    if (asking !== null && Math.abs(asking - state.bpm) < 0.02) asking = null;
    if (document.activeElement !== bpm && asking === null) update(bpm, { value: String(shownTempo()) });
    for (const group of ["pitch", "launch"]) {
      const chosen = find(group).querySelector(`[value="${state[group]}"]`);
      if (!chosen.checked) chosen.checked = true;
    }
    if (master.valueAsNumber !== session.master) master.value = session.master;
  });
  meter(session, find("meter"), position);
}

function meter(session, root, position) {
  const bars = [...root.children];
  const levels = [0, 0];
  let listening = null;
  everyFrame(root, () => {
    const { engine } = session;
    if (!engine) return;
    if (engine.limiter && listening !== engine) {
      listening = engine;
      engine.limiter.port.onmessage = ({ data }) => {
        data.peaks.forEach((peak, side) => {
          levels[side] = Math.max(peak, levels[side]);
        });
        root.toggleAttribute("data-limiting", data.gain < 0.99);
      };
    }
    bars.forEach((bar, side) => {
      const db = Math.max(FLOOR_DB, 20 * Math.log10(levels[side] || 1e-9));
      bar.style.transform = `scaleX(${(1 - db / FLOOR_DB).toFixed(3)})`;
      levels[side] *= 0.87;
    });
    const { clock } = engine;
    const now = clock.running ? clock.position(Math.max(session.heardSample, clock.segment.origin)) : null;
    update(position, { textContent: now ? `${now.bar + 1} . ${now.beat + 1}` : "– . –" });
  });
}
