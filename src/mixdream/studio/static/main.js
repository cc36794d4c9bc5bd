/** Begins the page: its views, and what stays whichever of them is shown. */

import { listen } from "./api.js";
import { say } from "./message.js";
import { showPlay } from "./play/play.js";
import { showSets } from "./sets/sets.js";
import { showTraining } from "./training/training.js";

const VIEWS = ["sets", "training", "play"];

function show() {
  const wanted = location.hash.slice(1);
  const shown = VIEWS.includes(wanted) ? wanted : VIEWS[0];
  for (const view of VIEWS) {
    document.getElementById(view).hidden = view !== shown;
    const link = document.querySelector(`nav a[href="#${view}"]`);
    if (view === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // The name in the address is a section's, too, and browsers go there.
  scrollTo(0, 0);
}

addEventListener("unhandledrejection", (event) => say(event.reason?.message ?? String(event.reason)));
addEventListener("hashchange", show);
addEventListener("keydown", (event) => {
  const isText = event.target.matches("input, textarea, select");
  const view = VIEWS[Number(event.key) - 1];
  if (view && !isText && !event.ctrlKey && !event.altKey && !event.metaKey) location.hash = view;
});
show();
showSets();
showTraining();
showPlay();
listen((isThere) => {
  document.getElementById("connection").hidden = isThere;
});
