/** Sets and loops of check-ups: one of them sounds at a time. The pads are another matter. */

let stopLast = null;

/**
 * Say that something begins to sound; what sounded before stops.
 * @param {() => void} stop ends what begins; the same function each time for one player
 */
export function begins(stop) {
  if (stopLast && stopLast !== stop) stopLast();
  stopLast = stop;
}
