/** Numbers as people read them. */

/**
 * Seconds as `m:ss`, or `h:mm:ss` from an hour on.
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (whole < 3600) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/**
 * A length of time in words, as is fit for something to wait for: `40 seconds`, `12 minutes`, `1.5 hours`.
 * @param {number} seconds
 */
export function span(seconds) {
  if (seconds < 99) return several(Math.max(1, Math.round(seconds)), "second");
  if (seconds < 99 * 60) return several(Math.round(seconds / 60), "minute");
  return several(Math.round(seconds / 360) / 10, "hour");
}

/**
 * A number with its noun.
 * @param {number} number
 * @param {string} noun
 */
export function several(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Bytes with a unit: `734 kB`, `1.4 GB`.
 * @param {number} bytes
 */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let step = 0;
  let value = bytes;
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step > 1 && value < 99.5 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

/**
 * Tempo from slowest to fastest, or nothing where none is sure.
 * @param {[number, number] | null} range
 */
export function tempo(range) {
  if (!range) return "";
  const [low, high] = range.map((bpm) => Math.round(bpm));
  return low === high ? `${low} BPM` : `${low}–${high} BPM`;
}

/**
 * A share in per cent.
 * @param {number} share
 */
export function percent(share) {
  return `${Math.round(100 * share)} %`;
}
