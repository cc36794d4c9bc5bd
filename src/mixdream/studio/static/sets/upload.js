/** Files on their way into the project: in pieces, one after the other, going on where the server has got to. */

import { post } from "../api.js";

const PIECE_BYTES = 8_000_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const LATER = [408, 425, 429];

/** @typedef {import("./dropped_files.js").Found} Found */
/** @typedef {"waiting" | "sending" | "away" | "done" | "refused" | "dropped"} State away: no answer came */
/** @typedef {Found & { sent: number, state: State, reason: string }} Upload */

/** Sends files in the order in which they come. */
export class Uploads {
  /**
   * @param {() => void} changed called whenever something is further, done or refused
   * @param {() => void} allThere called when nothing is left to send and something has come through
   */
  constructor(changed, allThere) {
    /** @type {Upload[]} */
    this.list = [];
    this.changed = changed;
    this.allThere = allThere;
    this.busy = false;
    this.current = null;
  }

  /** @param {Found[]} files */
  add(files) {
    const open = new Set(this.list.filter(isOpen).map((one) => one.path));
    for (const { path, file } of files) {
      if (open.has(path)) continue; // dropped twice: it is on its way
      this.list = this.list.filter((one) => one.path !== path);
      this.list.push({ path, file, sent: 0, state: "waiting", reason: "" });
    }
    this.changed();
    this.sendAll();
  }

  /** Whether something is on its way. */
  get open() {
    return this.list.some(isOpen);
  }

  /** @param {string} path do not send this file, or no more of it */
  drop(path) {
    const own = this.list.find((one) => one.path === path);
    if (own) own.state = "dropped";
    this.list = this.list.filter((one) => one !== own);
    this.changed();
    if (!own || own !== this.current) post("uploads/discard", { path }); // else when its last piece is answered
  }

  /** Forget those that are done. */
  clearDone() {
    this.list = this.list.filter((one) => one.state !== "done");
    this.changed();
  }

  /** Forget those that are done and those that were refused. */
  clear() {
    this.list = this.list.filter(isOpen);
    this.changed();
  }

  async sendAll() {
    if (this.busy) return;
    this.busy = true;
    let came = false;
    for (let next = this.list.find(isOpen); next; next = this.list.find(isOpen)) {
      this.current = next;
      await this.send(next);
      this.current = null;
      if (next.state === "dropped") post("uploads/discard", { path: next.path });
      came ||= next.state === "done";
    }
    this.busy = false;
    if (came) this.allThere();
  }

  async send(upload) {
    const { path, file } = upload;
    const url = `api/uploads/${path.split("/").map(encodeURIComponent).join("/")}`;
    if (file.size === 0) return this.refuse(upload, "is empty");
    const which = `size=${file.size}&modified=${file.lastModified}`; // another file of this name begins anew
    let have = await this.reached(upload, `${url}?${which}`, {});
    while (have !== null && have < file.size) {
      this.show(upload, "sending", have);
      const body = await bytesOf(file, have);
      if (!body) return this.refuse(upload, "can no longer be read: it was moved or changed; drop it again");
      const options = { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body, from: have };
      have = await this.reached(upload, `${url}?offset=${have}&${which}`, options);
    }
    if (have !== null) this.show(upload, "done", file.size);
    return undefined;
  }

  // Bytes that the server has; tried until it says so. Null where it refuses the file, or nobody wants it.
  async reached(upload, url, options) {
    for (let wait = FIRST_WAIT_MS; upload.state !== "dropped"; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        const response = await fetch(url, { cache: "no-store", ...options });
        const said = await response.json();
        const further = said.bytes !== options.from;
        if (response.ok && Number.isInteger(said.bytes) && further) return said.bytes;
        if (!response.ok && response.status < 500 && !LATER.includes(response.status)) {
          this.refuse(upload, said.error ?? "was refused");
          return null;
        }
      } catch {
        // No connection, or cut off in the middle: the same as a server that is busy.
      }
      this.show(upload, "away", upload.sent);
      await pause(wait);
    }
    return null;
  }

  refuse(upload, reason) {
    upload.reason = reason;
    this.show(upload, "refused", upload.sent);
  }

  show(upload, state, sent) {
    if (upload.state === "dropped") return;
    upload.state = state;
    upload.sent = sent;
    this.changed();
  }
}

/** @param {Upload} upload */
export function isOpen(upload) {
  return ["waiting", "sending", "away"].includes(upload.state);
}

async function bytesOf(file, offset) {
  try {
    return await file.slice(offset, offset + PIECE_BYTES).arrayBuffer();
  } catch {
    return null;
  }
}

// A pause that ends early when the connection is back.
function pause(ms) {
  return new Promise((wake) => {
    setTimeout(wake, ms);
    addEventListener("online", wake, { once: true });
  });
}
