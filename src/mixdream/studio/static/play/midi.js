/** MIDI controllers: what each of their keys and knobs does on the page, and learning it. */

import { say } from "../message.js";
import { toHz } from "./slider.js";

/**
 * Does what a control of the page is for: buttons with a value above 0, the others at a value from 0 to 1.
 * @param {import("./session.js").Session} session
 */
export function controls(session) {
  const selected = (settings) => session.set(session.selected, settings);
  const wish = (name) => (value) => {
    const input = document.querySelector(`[data-control="${name}"]`);
    if (!input) return;
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const table = {
    play: { press: () => session.toggle() },
    "stop all": { press: () => session.engine?.loops.size && session.toggle() },
    tap: { press: () => session.tap() },
    record: { press: () => document.getElementById("record").click() },
    "new loop": { press: () => session.make(session.selected, session.ask()) },
    variation: { press: () => session.vary(session.selected, session.strength) },
    volume: { turn: (value) => session.setMaster(value) },
    tempo: { turn: (value) => session.setTempo(80 + Math.round(100 * value)) },
    "pad volume": { turn: (value) => selected({ volume: value }) },
    "low cut": { turn: (value) => selected({ low_cut_hz: toHz(value) }) },
    "high cut": { turn: (value) => selected({ high_cut_hz: toHz(value) }) },
    x: { turn: (value) => session.xy.move(value, session.xy.place.y) },
    y: { turn: (value) => session.xy.move(session.xy.place.x, 1 - value) },
  };
  for (const name of ["energy", "bass", "brightness", "busyness", "noisiness"])
    table[name] = { turn: wish(name) };
  for (let pad = 0; pad < 16; pad += 1) table[`pad ${pad + 1}`] = { press: () => session.press(pad) };
  for (let i = 0; i < 4; i += 1) {
    table[`scene ${i + 1}`] = { press: () => session.scene(i) };
    table[`stop column ${i + 1}`] = { press: () => session.stopColumn(i) };
  }
  return table;
}

/** @param {import("./session.js").Session} session */
export function midi(session) {
  const [state, learn, forget] = ["midi-state", "midi-learn", "midi-forget"].map((id) =>
    document.getElementById(id),
  );
  if (!navigator.requestMIDIAccess) return;
  const table = controls(session);
  let learning = null; // "control" while one of the page is chosen, then its name
  const values = new Map();

  const show = (text) => {
    state.textContent = text;
  };
  const heard = ({ data }) => {
    const message = read(data);
    if (!message) return;
    const [source, value] = message;
    if (learning && learning !== "control") {
      if (value === 0) return;
      const name = learning;
      stopLearning();
      session
        .tell({ midi: { ...session.state.midi, [source]: { do: name } } })
        .catch((error) => say(error.message));
      say(`${source} is ${name} now.`);
      return;
    }
    const control = table[session.state?.midi[source]?.do];
    const before = values.get(source) ?? 0;
    values.set(source, value);
    if (control?.turn) control.turn(value);
    // Buttons that send a controller's value are pressed as it rises.
    else if (control && value > 0 && before === 0) control.press();
  };

  const stopLearning = () => {
    learning = null;
    document.documentElement.removeAttribute("data-learning");
    learn.setAttribute("aria-pressed", "false");
  };
  const connect = async () => {
    const access = await navigator.requestMIDIAccess();
    const listen = () => {
      for (const input of access.inputs.values()) input.onmidimessage = heard;
      show(
        access.inputs.size
          ? `${access.inputs.size} connected. Learn: press it, click a control of the page, then move a knob or press a key.`
          : "None connected.",
      );
    };
    access.onstatechange = listen;
    listen();
    forget.hidden = false;
    return access;
  };
  learn.hidden = false;
  show("Press Learn to let the browser ask for it.");
  learn.addEventListener("click", async () => {
    if (learning) {
      stopLearning();
      return;
    }
    try {
      await (connected ??= connect());
    } catch {
      connected = null;
      show("The browser does not let the page use MIDI.");
      return;
    }
    learning = "control";
    learn.setAttribute("aria-pressed", "true");
    document.documentElement.dataset.learning = "";
    document.getElementById("help").close();
    say("Click what is to be moved: a pad, a button, a slider or the XY pad.");
  });
  forget.addEventListener("click", () => session.tell({ midi: {} }).catch((error) => say(error.message)));
  let connected = null;
  // Allowed before: without a question.
  navigator.permissions?.query({ name: "midi" }).then(
    ({ state: allowed }) => {
      if (allowed === "granted") connected ??= connect().catch(() => null);
    },
    () => null,
  );

  for (const type of ["pointerdown", "click"]) {
    addEventListener(type, (event) => choose(event), { capture: true });
  }
  function choose(event) {
    if (!learning) return;
    const name = event.target.closest("[data-control]")?.dataset.control;
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "click") return;
    learning = name === "xy" ? (learning === "x" ? "y" : "x") : name;
    say(`Now move the knob or press the key that is to be ${learning}.`);
  }
}

/** [name of the key or knob, value from 0 to 1] of a message; null for others. */
export function read([status, number, value]) {
  const [kind, channel] = [status >> 4, status & 15];
  if (kind === 9) return [`note ${channel} ${number}`, value / 127];
  if (kind === 8) return [`note ${channel} ${number}`, 0];
  if (kind === 11) return [`cc ${channel} ${number}`, value / 127];
  return null;
}
