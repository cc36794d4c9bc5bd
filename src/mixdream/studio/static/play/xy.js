/** The XY pad: four loops in the corners, and the loop between them, which takes over on the next bar. */

import { post } from "../api.js";
import { attribute, element, update } from "../dom.js";
import { newestOnly } from "./newest.js";
import { dropTarget, factsOf } from "./pads.js";

const STEP = 0.05;
const NAMES = ["top left", "top right", "bottom left", "bottom right"];
const percent = (value) => `${Math.round(100 * value)} %`;

/** @param {import("./session.js").Session} session */
export function xyPad(session, panel) {
  let place = { x: 0.5, y: 0.5 };
  let morph = null; // the loop at the place that was heard of last
  let error = "";

  let isMade = true;
  const send = newestOnly(async ({ x, y, stops }) => {
    const answer = await post("morph", { x, y });
    morph = answer.loop;
    if (isOn && stops === session.stops) await session.replace("xy", morph);
  });
  let isOn = false;

  const move = (x, y) => {
    place = { x: clip(x), y: clip(y) };
    error = "";
    isOn = true;
    session.audio();
    isMade = false;
    session.changed();
    send({ ...place, stops: session.stops })
      .catch((failed) => {
        error = failed.message;
      })
      .finally(() => {
        isMade = true;
        session.changed();
      });
  };

  const knob = element("span", { className: "knob" });
  const area = element(
    "div",
    {
      className: "area",
      tabIndex: 0,
      data: { control: "xy" },
      attributes: { role: "slider" },
      aria: { label: "Between the four corners", valuemin: 0, valuemax: 100, valuenow: 50 },
      on: {
        pointerdown: (event) => {
          if (event.button !== 0 || !ready()) return;
          area.setPointerCapture(event.pointerId);
          drag(event);
        },
        pointermove: (event) => area.hasPointerCapture(event.pointerId) && drag(event),
        keydown: (event) => {
          const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
            event.key
          ];
          if (!by || !ready()) return;
          event.preventDefault();
          event.stopPropagation();
          move(place.x + STEP * by[0], place.y + STEP * by[1]);
        },
      },
    },
    knob,
  );
  const drag = (event) => {
    const box = area.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  session.xy = {
    move,
    get place() {
      return place;
    },
  };

  let asked = null; // corners that the server has not told back
  let sentAt = null;
  const sendCorners = newestOnly((ids) => post("corners", { ids }));
  const setCorner = async (corner, id) => {
    asked = (asked ?? session.state.corners.map((loop) => loop?.id ?? null)).with(corner, id);
    sentAt = null;
    error = "";
    try {
      await sendCorners(asked);
    } catch (failed) {
      error = failed.message;
      session.changed();
    }
    sentAt = session.state;
  };
  const corners = NAMES.map((name, corner) =>
    element("button", {
      className: "corner",
      type: "button",
      on: {
        click: () => {
          const { loop } = session.pad(session.selected);
          if (loop) setCorner(corner, loop.id);
        },
        ...dropTarget((id) => setCorner(corner, id)),
      },
    }),
  );
  const note = element("p", { className: "soft", attributes: { role: "status" } });
  const stop = element("button", {
    type: "button",
    textContent: "Stop",
    on: {
      click: () => {
        isOn = false;
        session.engine?.stop(["xy"], session.state.launch);
      },
    },
  });
  const keep = element("button", {
    type: "button",
    className: "primary",
    on: { click: () => session.put(session.selected, morph.id) },
  });
  panel.append(
    element("div", { className: "corners" }, corners[0], corners[1]),
    area,
    element("div", { className: "corners" }, corners[2], corners[3]),
    note,
    element("div", { className: "actions" }, keep, stop),
  );
  const ready = () => session.state.corners.every((loop) => loop && !loop.gone);

  session.onChange(() => {
    if (sentAt && sentAt !== session.state) asked = sentAt = null;
    corners.forEach((button, corner) => {
      const loop = session.state.corners[corner];
      update(button, {
        textContent: loop
          ? `${loop.key ?? "no key"} · ${factsOf(loop)}`
          : `Put pad ${session.selected + 1} here`,
      });
      attribute(
        button,
        "aria-label",
        `Corner ${NAMES[corner]}: ${loop ? (loop.key ?? "no key") : "empty"}. Put pad ${session.selected + 1} here`,
      );
      button.toggleAttribute("data-empty", !loop);
    });
    area.toggleAttribute("data-off", !ready());
    knob.style.left = `${100 * place.x}%`;
    knob.style.top = `${100 * place.y}%`;
    attribute(area, "aria-valuenow", Math.round(100 * place.x));
    attribute(area, "aria-valuetext", `${percent(place.x)} right, ${percent(place.y)} down`);
    attribute(area, "aria-disabled", !ready());
    attribute(area, "data-playing", session.isOn("xy") ? "" : null);
    const hint = !isMade
      ? "The loop between them is made."
      : ready()
        ? "Drag: the loop between the corners takes over on the next bar."
        : "Put a loop into each corner: select a pad and press one, or drag pads there.";
    update(note, { textContent: error || session.errors.get("xy") || hint });
    update(keep, { textContent: `Keep on pad ${session.selected + 1}`, disabled: !morph });
    update(stop, { disabled: !session.isOn("xy") });
  });
}

const clip = (value) => Math.min(1, Math.max(0, Math.round(100 * value) / 100));
