/** The time of a source and that of what was kept of it. A set keeps everything but the spans that were dropped. */

/** Times of one set, both ways, in seconds. */
export class Timeline {
  /**
   * @param {number} seconds of the source
   * @param {{ start_s: number, stop_s: number }[]} dropped spans of the source, in order
   */
  constructor(seconds, dropped) {
    this.seconds = seconds;
    /** Spans that were kept: where they begin and end in the source, and where they begin in what was kept. */
    this.kept = [];
    let at = 0;
    let before = 0;
    for (const { start_s, stop_s } of [...dropped, { start_s: seconds, stop_s: seconds }]) {
      if (start_s > at) {
        this.kept.push({ start: at, stop: start_s, before });
        before += start_s - at;
      }
      at = Math.max(at, stop_s);
    }
    this.keptSeconds = before;
  }

  /**
   * Where a moment of the source is in what was kept; one that was dropped is where the music goes on.
   * @param {number} time
   */
  toKept(time) {
    for (const { start, stop, before } of this.kept) {
      if (time < stop) return before + Math.max(0, time - start);
    }
    return this.keptSeconds;
  }

  /**
   * Where a moment of what was kept is in the source.
   * @param {number} time
   */
  toSource(time) {
    for (const { start, stop, before } of this.kept) {
      if (time < before + stop - start) return start + Math.max(0, time - before);
    }
    return this.kept.at(-1)?.stop ?? 0;
  }
}
