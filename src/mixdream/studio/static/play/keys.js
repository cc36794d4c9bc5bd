/** Keys: by where they lie, whatever their letters are. */

const CODES = [
  "KeyQ",
  "KeyW",
  "KeyE",
  "KeyR",
  "KeyA",
  "KeyS",
  "KeyD",
  "KeyF",
  "KeyU",
  "KeyI",
  "KeyO",
  "KeyP",
  "KeyJ",
  "KeyK",
  "KeyL",
  "Semicolon",
];
const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -4, ArrowDown: 4 };

/** The key of each pad; its label is that of an English keyboard until the browser tells another. */
export const LETTERS = CODES.map((code) => ({ code, label: code === "Semicolon" ? ";" : code.slice(3) }));

/** Asks the browser, where it tells, for the letters on this keyboard. */
export async function learnLayout(show) {
  const layout = await navigator.keyboard?.getLayoutMap?.().catch(() => null);
  if (!layout) return;
  for (const letter of LETTERS) letter.label = (layout.get(letter.code) ?? letter.label).toUpperCase();
  show();
}

/**
 * @param {import("./session.js").Session} session
 * @param {{isShown: () => boolean, help: HTMLDialogElement}} view
 */
export function listenToKeys(session, { isShown, help }) {
  addEventListener("keydown", (event) => {
    if (
      !isShown() ||
      !session.state ||
      event.altKey ||
      event.repeat ||
      document.querySelector("dialog[open]")
    )
      return;
    const { target } = event;
    if (target.matches("input:not([type=range], [type=checkbox], [type=radio]), select, textarea")) return;
    const isOurs = event.ctrlKey || event.metaKey ? event.code === "KeyZ" && step(event) : plain(event);
    if (isOurs) event.preventDefault();
  });

  function plain(event) {
    const { code, key, target } = event;
    const pad = CODES.indexOf(code);
    if (pad >= 0) return done(session.press(pad));
    if (/^Digit[5-8]$/.test(code)) return done(session.scene(Number(code.at(-1)) - 5));
    if (code === "KeyZ") return step(event);
    if (code === "KeyN") return done(session.make(session.selected, session.ask?.() ?? {}));
    if (code === "KeyV") return done(session.vary(session.selected, session.strength ?? 0.3));
    if (code === "KeyH") return heart();
    if (code === "KeyM")
      return done(session.set(session.selected, { mute: !session.pad(session.selected).mute }));
    if (key === "?") return done(help.showModal());
    // A control that was come to by keys has its own use of the rest; one that was clicked has not.
    const free = target.closest(".pads") || !target.matches(":focus-visible, [role=slider], [role=tab]");
    const isSlider = target.matches("input[type=range]");
    if (key === " " && (free || isSlider)) return done(session.toggle());
    if (key === "Enter" && free && !target.closest(".pads")) return done(session.press(session.selected));
    return key in MOVES && free && !isSlider && move(MOVES[key]);
  }

  function move(by) {
    const from = session.selected;
    const to = from + by;
    const stays =
      Math.abs(by) === 1 ? Math.floor(from / 4) === Math.floor(to / 4) : to >= 0 && to < CODES.length;
    if (!stays) return true;
    session.select(to);
    document.querySelector(`[data-control="pad ${to + 1}"]`).focus();
    return true;
  }

  function heart() {
    const { loop } = session.pad(session.selected);
    if (loop) session.heart(loop);
    return true;
  }

  function step(event) {
    const { undo, redo } = session.pad(session.selected);
    if (event.shiftKey ? redo : undo) session.step(session.selected, event.shiftKey ? "redo" : "undo");
    return true;
  }
}

const done = () => true;
