/** The shelf: hearted loops, and the project's pack; heard in time, put on pads, taken away. */

import { attribute, element, keyed, update } from "../dom.js";
import { fileOf, pictureOf } from "./library.js";
import { say } from "../message.js";
import { drag, factsOf } from "./pads.js";

/** @param {import("./session.js").Session} session */
export function shelf(session, panel) {
  const search = element("input", {
    type: "search",
    placeholder: "Key or tempo",
    aria: { label: "Search loops" },
    on: { input: () => session.changed() },
  });
  const order = element(
    "select",
    { aria: { label: "Order" }, on: { change: () => session.changed() } },
    new Option("in order", ""),
    new Option("by key", "key"),
    new Option("by tempo", "bpm"),
  );
  const zip = element("a", {
    className: "button",
    href: "api/hearts.zip",
    download: "hearts.zip",
    textContent: "ZIP of hearts",
  });
  const lists = ["hearts", "pack"].map((name) => {
    const title = element("h3", { textContent: name === "hearts" ? "Hearts" : "Pack" });
    const list = element("ul", { className: "rows loops", aria: { label: title.textContent } });
    const none = element("p", {
      className: "soft",
      textContent:
        name === "hearts"
          ? "No hearts yet: press H for the selected pad."
          : "No pack yet: train a model first.",
    });
    panel.append(title, none, list);
    return { name, list, none };
  });
  panel.prepend(element("div", { className: "actions search" }, search, order, zip));

  const hear = (loop) => {
    if (playing()?.id === loop.id) session.engine.stop(["shelf"], session.state.launch);
    else session.launch([["shelf", loop]]);
  };
  const playing = () => session.engine?.loops.get("shelf");

  const make = (given) => {
    const row = element("li", { draggable: true, on: { dragstart: (event) => drag(event, row.loop) } });
    const picture = element("span", { className: "picture", hidden: Boolean(given.gone) });
    picture.style.maskImage = `url("${pictureOf(given)}")`;
    row.append(
      element(
        "button",
        { className: "hear", type: "button", on: { click: () => hear(row.loop) } },
        picture,
        element("span", { className: "sign" }),
      ),
      element("div", {}, element("strong"), element("span", { className: "soft" })),
      element("button", {
        className: "heart",
        type: "button",
        on: { click: () => session.heart(row.loop).catch((error) => say(error.message)) },
      }),
      element("button", {
        className: "put",
        type: "button",
        textContent: "→",
        on: { click: () => session.put(session.selected, row.loop.id) },
      }),
      element("a", {
        className: "button",
        textContent: "↓",
        href: fileOf(given),
        download: `${given.id}.wav`,
        aria: { label: "Download" },
      }),
    );
    return row;
  };
  const refresh = (row, loop) => {
    row.loop = loop;
    const name = loop.key ?? "no key";
    const isOn = playing()?.id === loop.id;
    const [hearButton, , heart, put] = row.children;
    update(row.querySelector("strong"), { textContent: name });
    update(row.querySelector(".soft"), { textContent: `${factsOf(loop)}${loop.copy ? " · ⚠ copy" : ""}` });
    attribute(hearButton, "aria-pressed", isOn);
    attribute(hearButton, "aria-label", `Hear ${name}, ${factsOf(loop)}, in time`);
    update(heart, { textContent: loop.heart ? "♥" : "♡" });
    attribute(heart, "aria-pressed", loop.heart);
    attribute(heart, "aria-label", loop.heart ? "Hearted" : "Heart");
    attribute(put, "aria-label", `Put it on pad ${session.selected + 1}`);
    attribute(put, "title", `Put it on pad ${session.selected + 1}`);
  };

  session.onChange(() => {
    for (const { name, list, none } of lists) {
      const all = session.state[name];
      const found = sorted(
        all.filter((loop) => fits(loop, search.value)),
        order.value,
      );
      keyed(list, found, ({ id, version }) => `${id} ${version}`, make, refresh);
      update(none, { hidden: all.length > 0 });
    }
    update(zip, { hidden: !session.state.hearts.length });
  });
}

function fits(loop, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const known = [loop.key, loop.camelot, `${Math.round(loop.bpm)}`, loop.id]
    .filter(Boolean)
    .map((word) => word.toLowerCase());
  return words.every((word) => known.some((one) => one.startsWith(word) || one.split(/[_-]/).includes(word)));
}

function sorted(loops, by) {
  if (by === "bpm") return [...loops].sort((a, b) => a.bpm - b.bpm);
  // Around the Camelot wheel, so that neighbours fit.
  const wheel = ({ camelot }) => (camelot ? 2 * parseInt(camelot, 10) + (camelot.endsWith("B") ? 1 : 0) : 99);
  return by === "key" ? [...loops].sort((a, b) => wheel(a) - wheel(b)) : loops;
}
