/** One set: what it is, its picture and player, what was dropped of it and why. */

import { copyOf, keyed, made, part, say, sentencesIn } from "../dom.js";
import { SetWave } from "./set_wave.js";
import { clock, several, tempo } from "../words.js";

const waves = new WeakMap(); // of cards

/**
 * The card of a set.
 * @param {object} set as the topic `sets` has it
 * @param {import("./set_player.js").SetPlayer} player
 * @param {(name: string) => void} remove called when somebody wants it gone
 * @returns {HTMLElement}
 */
export function setCard(set, player, remove) {
  const card = copyOf("set-card");
  const { name } = set;
  say(part(card, "name"), name);
  part(card, "remove").setAttribute("aria-label", `Remove ${name}`);
  part(card, "remove").addEventListener("click", () => remove(name));
  part(card, "play").addEventListener("click", () => player.toggle(name));
  const wave = new SetWave(card, set, (seconds) => {
    if (player.name === name && !player.plays(name)) player.move(name, seconds);
    else player.play(name, seconds);
  });
  waves.set(card, wave);
  return card;
}

/**
 * Show what is known of a set.
 * @param {HTMLElement} card
 * @param {object} set as the topic `sets` has it
 */
export function describe(card, set) {
  say(part(card, "tempo"), tempo(set.tempo) || "no sure tempo");
  part(card, "key").hidden = !set.key;
  say(part(card, "key-name"), set.key ?? "");
  say(part(card, "camelot"), set.camelot ?? "");
  const whole = Math.round(set.seconds) === Math.round(set.kept_s);
  say(part(card, "kept"), whole ? clock(set.seconds) : `${clock(set.kept_s)} of ${clock(set.seconds)} kept`);
  say(part(card, "source"), set.source);
  sentencesIn(part(card, "warnings"), set.warnings);
  part(card, "dropped").hidden = set.dropped.length === 0;
  say(part(card, "dropped-sum"), sumOf(set.dropped));
  keyed(part(card, "spans"), set.dropped, (span) => String(span.start_s), () => row(4), (element, span) => {
    cells(element, clock(span.start_s), clock(span.stop_s), length(span.stop_s - span.start_s), span.reason);
  });
  part(card, "tracks").hidden = set.tracks.length === 0;
  say(part(card, "tracks-sum"), several(set.tracks.length, "track"));
  keyed(part(card, "track-list"), set.tracks, (_, at) => String(at), () => row(2), (element, track) => {
    cells(element, clock(track.start_s), titleOf(track));
  });
}

/**
 * Show whether and where a set plays.
 * @param {HTMLElement} card
 * @param {object} set
 * @param {import("./set_player.js").SetPlayer} player
 */
export function showPlaying(card, set, player) {
  const wave = waves.get(card);
  const plays = player.plays(set.name);
  const kept = player.at(set.name);
  card.classList.toggle("playing", plays);
  part(card, "play").setAttribute("aria-label", `${plays ? "Stop" : "Play"} ${set.name}`);
  wave.show(kept);
  const at = wave.timeline.toSource(kept);
  const failed = player.failed && player.name === set.name;
  const track = player.name === set.name ? set.tracks.findLast((one) => one.start_s <= at + 0.5) : null;
  part(card, "where").hidden = kept === 0 && !failed;
  say(part(card, "at"), clock(at));
  say(part(card, "track"), failed ? "The sound of this set could not be fetched." : track ? titleOf(track) : "");
}

function sumOf(dropped) {
  const reasons = new Map();
  let seconds = 0;
  for (const { start_s, stop_s, reason } of dropped) {
    seconds += stop_s - start_s;
    reasons.set(reason, (reasons.get(reason) ?? 0) + stop_s - start_s);
  }
  const parts = [...reasons].map(([reason, part_s]) => (reasons.size > 1 ? `${reason} ${length(part_s)}` : reason));
  return `${length(seconds)} dropped in ${several(dropped.length, "place")}: ${parts.join(", ")}`;
}

function length(seconds) {
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : clock(seconds);
}

function titleOf({ performer, title }) {
  return [performer, title].filter((text) => text).join(" – ") || "untitled";
}

function row(columns) {
  const element = made("tr");
  for (let i = 0; i < columns; i += 1) element.append(made("td"));
  return element;
}

function cells(element, ...texts) {
  texts.forEach((text, at) => say(element.children[at], text));
}
