/** The selected pad: its loop, its strip, its history, and what may be done with its files. */

import { attribute, element, update } from "../dom.js";
import { AskForm } from "./ask.js";
import { fileOf, pictureOf } from "./library.js";
import { NearestView } from "./nearest.js";
import { drag, factsOf } from "./pads.js";
import { Slider, fromHz, hertz, percent, toHz } from "./slider.js";

/** @param {import("./session.js").Session} session */
export function details(session, panel) {
  const set = (settings) => session.set(session.selected, settings);
  const act = (label, run, more = {}) =>
    element("button", { type: "button", textContent: label, on: { click: run }, ...more });

  const title = element("h2");
  const facts = element("p", { className: "soft" });
  const picture = element("div", { className: "picture", aria: { hidden: "true" } });
  const before = act("‹", () => move(-1), { aria: { label: "The pad before" } });
  const after = act("›", () => move(1), { aria: { label: "The pad after" } });
  const move = (by) => session.select((session.selected + by + 16) % 16);

  const heart = act("♡", () => session.heart(loop()), { className: "heart" });
  const undo = act("Undo", () => session.step(session.selected, "undo"), { aria: { keyshortcuts: "Z" } });
  const redo = act("Redo", () => session.step(session.selected, "redo"));
  const clear = act("Clear", () => session.step(session.selected, "clear"));
  const download = element("a", {
    className: "button",
    textContent: "WAV",
    draggable: true,
    title: "Download, or drag into a folder or DAW",
    on: { dragstart: (event) => drag(event, loop()) },
  });
  const mute = act("Mute", () => set({ mute: !pad().mute }), {
    className: "toggle",
    aria: { keyshortcuts: "M" },
  });
  const solo = act("Solo", () => set({ solo: !pad().solo }), { className: "toggle" });

  const volume = new Slider({
    label: "Volume",
    control: "pad volume",
    words: percent,
    change: (value) => set({ volume: value }),
  });
  const low = new Slider({
    label: "Low cut",
    control: "low cut",
    step: 0.001,
    words: (share) => (toHz(share) <= 20 ? "off" : hertz(toHz(share))),
    change: (share) => set({ low_cut_hz: toHz(share) }),
  });
  const high = new Slider({
    label: "High cut",
    control: "high cut",
    step: 0.001,
    words: (share) => (toHz(share) >= 20000 ? "off" : hertz(toHz(share))),
    change: (share) => set({ high_cut_hz: toHz(share) }),
  });

  const scene = element("input", {
    type: "text",
    maxLength: 24,
    autocomplete: "off",
    on: { change: () => session.nameScene(row(), scene.value) },
  });
  const sceneName = element("span");
  const row = () => Math.floor(session.selected / 4);

  const ask = new AskForm(session);
  const nearest = new NearestView(session);
  const error = element("p", { className: "problem", attributes: { role: "status" } });

  panel.append(
    element("div", { className: "title" }, before, element("div", {}, title, facts), heart, after),
    picture,
    ask.buttons,
    error,
    nearest.root,
    element("div", { className: "actions" }, undo, redo, clear, download),
    element(
      "div",
      { className: "strip" },
      volume.root,
      low.root,
      high.root,
      element("div", { className: "actions" }, mute, solo),
    ),
    ask.root,
    element("label", { className: "field scene-name" }, sceneName, scene),
  );

  const pad = () => session.pad(session.selected);
  const loop = () => pad().loop;

  session.onChange(() => {
    const { loop: shown, ...settings } = pad();
    const there = Boolean(shown && !shown.gone);
    update(title, { textContent: `Pad ${session.selected + 1}${shown?.key ? ` · ${shown.key}` : ""}` });
    attribute(facts, "title", shown ? `Seed ${shown.seed} of ${shown.run}` : null);
    update(facts, { textContent: shown ? `${factsOf(shown)} · #${shown.seed}` : "Empty" });
    const image = there ? `url("${pictureOf(shown)}")` : "none";
    if (picture.style.maskImage !== image) picture.style.maskImage = image;
    update(picture, { hidden: !there });
    update(heart, { disabled: !there, textContent: shown?.heart ? "♥" : "♡" });
    attribute(heart, "aria-pressed", Boolean(shown?.heart));
    attribute(heart, "aria-label", shown?.heart ? "Hearted" : "Heart");
    update(undo, { disabled: !settings.undo });
    update(redo, { disabled: !settings.redo });
    update(clear, { disabled: !shown });
    update(download, { hidden: !there, href: there ? new URL(fileOf(shown), location.href).href : "" });
    attribute(download, "download", there ? `${shown.id}.wav` : null);
    attribute(mute, "aria-pressed", settings.mute);
    attribute(solo, "aria-pressed", settings.solo);
    volume.show(settings.volume);
    low.show(fromHz(settings.low_cut_hz));
    high.show(fromHz(settings.high_cut_hz));
    const said = session.errors.get(session.selected) ?? "";
    update(error, { textContent: said, hidden: !said });
    update(sceneName, { textContent: `Row ${row() + 1}` });
    update(scene, { placeholder: `Scene ${row() + 1}`, ariaLabel: `Name of the scene of row ${row() + 1}` });
    if (document.activeElement !== scene) update(scene, { value: session.state.scenes[row()].name });
    ask.show();
    nearest.show(shown);
  });
}
