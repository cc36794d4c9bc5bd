// Keys: space plays and stops, digits choose, Enter saves and goes on; where a control has its own use of a key, it keeps it.

import { current } from "./questions.js";

// page(): { players, questions, together, primary() } of what is shown, or null.
export function listenToKeys(page) {
  addEventListener("keydown", (event) => {
    const shown = page();
    if (!shown || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const focused = document.activeElement;
    if (focused.matches("textarea, summary, a")) return;
    if (event.key === " " && !focused.matches("button, input[type=radio]")) {
      event.preventDefault();
      (shown.together ?? next(shown.players))?.toggle();
    } else if (event.key === "Enter" && !focused.matches("button")) {
      event.preventDefault();
      shown.primary()?.click();
    } else if (/^[0-9]$/.test(event.key)) {
      current(shown.questions)?.choose(event.key);
    } else {
      switchTo(shown.together?.named(letterOf(event)));
    }
  });
}

// Hear a clip in the place where another one is, and go to its rating.
async function switchTo(clip) {
  if (!clip?.buffer) return;
  await clip.stage.hear(clip);
  (clip.rating?.querySelector("input:checked, input") ?? clip.button).focus();
}

// What is on the key, or in its place on a keyboard without Latin letters.
function letterOf(event) {
  return /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : event.code?.replace(/^Key/, "");
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
