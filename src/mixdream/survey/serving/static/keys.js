// Keys: space plays and stops, digits choose, Enter saves and goes on; where a control has its own use of a key, it keeps it.

import { current } from "./questions.js";

// page(): { players, questions, primary() } of what is shown, or null.
export function listenToKeys(page) {
  addEventListener("keydown", (event) => {
    const shown = page();
    if (!shown || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const focused = document.activeElement;
    if (focused.matches("textarea, summary, a")) return;
    if (event.key === " " && !focused.matches("button, input[type=radio]")) {
      event.preventDefault();
      next(shown.players)?.toggle();
    } else if (event.key === "Enter" && !focused.matches("button")) {
      event.preventDefault();
      shown.primary()?.click();
    } else if (/^[0-9]$/.test(event.key)) {
      current(shown.questions)?.choose(event.key);
    }
  });
}

// The clip that sounds, else the first not heard to its end, else the one after the last that was played.
function next(players) {
  const sounding = players.find((one) => one.wanted);
  if (sounding) return sounding;
  return players.find((one) => !one.reachedEnd) ?? players[(last(players) + 1) % players.length];
}

function last(players) {
  const times = players.map((one) => one.began ?? 0);
  return times.indexOf(Math.max(...times));
}
