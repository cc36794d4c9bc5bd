/** The view that plays: its parts, put together. */

import { details } from "./details.js";
import { LETTERS, learnLayout, listenToKeys } from "./keys.js";
import { midi } from "./midi.js";
import { padGrid } from "./pads.js";
import { Session } from "./session.js";
import { shelf } from "./shelf.js";
import { tabs } from "./tabs.js";
import { takes } from "./takes.js";
import { transport } from "./transport.js";
import { xyPad } from "./xy.js";

/** What this page hears and shows. */
export const session = new Session();

/** Begins the view. */
export function showPlay() {
  const find = (id) => document.getElementById(id);
  const view = find("play");
  const showTab = tabs(view.querySelector('[role="tablist"]'));
  padGrid(session, view.querySelector(".pads"));
  details(session, find("panel-pad"));
  xyPad(session, find("panel-xy"));
  shelf(session, find("panel-shelf"));
  takes(session, find("panel-takes"), () => showTab("tab-takes"));
  transport(session);
  midi(session);
  find("keys").addEventListener("click", () => find("help").showModal());
  // A press of the mouse leaves the keys to the pads: no button takes them.
  view.addEventListener("mousedown", (event) => {
    if (!event.target.closest("button")) return;
    event.preventDefault();
    document.activeElement.blur();
  });
  listenToKeys(session, { isShown: () => !view.hidden, help: find("help") });
  learnLayout(() => {
    LETTERS.forEach(({ label }, pad) => {
      view.querySelector(`[data-control="pad ${pad + 1}"] kbd`).textContent = label;
    });
  });
}
