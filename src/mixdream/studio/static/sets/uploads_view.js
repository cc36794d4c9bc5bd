/** Where one drops, chooses or names files, and how far they are. */

import { post } from "../api.js";
import { copyOf, keyed, part, say } from "../dom.js";
import { chosen, filesOf } from "./dropped_files.js";
import { isOpen, Uploads } from "./upload.js";
import { percent, several, size } from "../words.js";

const GROWN_MS = 10_000; // what grew so lately is being sent

/** The part of the sets view that takes files, anywhere on the page. */
export class UploadsView {
  /**
   * @param {HTMLElement} root
   * @param {() => void} cameIn called when files are all there, or a path was named
   */
  constructor(root, cameIn) {
    this.root = root;
    this.cameIn = cameIn;
    this.begun = []; // what the server has parts of
    this.grew = new Map(); // when something else sent more of them
    this.waited = false; // whether files waited to be read
    this.uploads = new Uploads(() => this.show(), cameIn);
    for (const name of ["files", "folder"]) {
      const input = part(root, name);
      input.addEventListener("change", () => {
        this.uploads.add(chosen(input.files));
        input.value = ""; // so that the same file can be chosen again
      });
      part(root, `choose-${name}`).addEventListener("click", () => input.click());
    }
    part(root, "clear").addEventListener("click", () => this.uploads.clear());
    part(root, "name-path").addEventListener("submit", (event) => this.namePath(event));
    this.takeDrops(part(document, "drop-here"));
  }

  /** @param {object} sets as the topic has it */
  update({ uploads, waiting }) {
    for (const { path, bytes } of uploads) {
      const before = this.begun.find((one) => one.path === path);
      if (!before || before.bytes === bytes) continue;
      this.grew.set(path, performance.now());
      setTimeout(() => this.show(), GROWN_MS + 1);
    }
    this.begun = uploads;
    const read = this.waited && waiting.length === 0;
    this.waited = waiting.length > 0;
    if (read && !this.uploads.open) this.uploads.clearDone(); // they are sets now, or named among those that are not
    else this.show();
  }

  show() {
    const { list } = this.uploads;
    const own = new Set(list.map((one) => one.path));
    const rows = [...list, ...this.begun.filter((one) => !own.has(one.path))];
    part(this.root, "uploads").hidden = rows.length === 0;
    keyed(part(this.root, "upload-list"), rows, (one) => one.path, (one) => this.row(one), (element, one) => {
      const state = one.state ?? (performance.now() - this.grew.get(one.path) < GROWN_MS ? "elsewhere" : "begun");
      element.dataset.state = state;
      const whole = one.file?.size ?? one.size;
      const have = one.sent ?? one.bytes;
      const bar = part(element, "bar");
      say(part(element, "how-far"), farOf(state, have, whole, one.reason));
      bar.hidden = state === "refused" || state === "done";
      bar.value = whole ? have / whole : 0;
      part(element, "forget").hidden = bar.hidden || state === "elsewhere";
    });
    const whole = sum(list, (one) => one.file.size);
    const have = sum(list, (one) => one.sent);
    const open = list.filter(isOpen).length;
    part(this.root, "all-row").hidden = list.length === 0;
    part(this.root, "all").hidden = open === 0;
    part(this.root, "all-bar").value = whole ? have / whole : 0;
    part(this.root, "clear").hidden = open > 0 || list.length === 0;
    say(part(this.root, "all-sum"), sumUp(list, open, have, whole));
  }

  row({ path }) {
    const element = copyOf("upload-row");
    say(part(element, "path"), path);
    part(element, "bar").setAttribute("aria-label", path);
    part(element, "forget").setAttribute("aria-label", `Do not add ${path}`);
    part(element, "forget").addEventListener("click", () => this.uploads.drop(path));
    return element;
  }

  async namePath(event) {
    event.preventDefault();
    const field = part(this.root, "path-field");
    const said = part(this.root, "path-said");
    const path = field.value.trim();
    if (!path) return;
    try {
      await post("sets", { path });
      field.value = "";
      say(said, "");
      this.cameIn();
    } catch (error) {
      say(said, error.message);
    }
  }

  // A drag enters and leaves every element on its way; only files count, not pads or words.
  takeDrops(sheet) {
    const withFiles = (event) => event.dataTransfer?.types.includes("Files");
    let inside = 0;
    document.body.append(sheet); // over whichever view is shown
    const count = (by) => (event) => {
      if (!withFiles(event)) return;
      event.preventDefault();
      inside = Math.max(0, inside + by);
      sheet.hidden = inside === 0;
    };
    addEventListener("dragenter", count(1));
    addEventListener("dragleave", count(-1));
    addEventListener("dragover", (event) => withFiles(event) && event.preventDefault());
    addEventListener("drop", async (event) => {
      if (!withFiles(event)) return;
      event.preventDefault();
      inside = 0;
      sheet.hidden = true;
      if (this.root.hidden) location.hash = "#sets";
      const said = part(this.root, "path-said");
      try {
        const files = await filesOf(event.dataTransfer);
        say(said, files.length ? "" : "There were no files in what was dropped.");
        this.uploads.add(files);
      } catch (error) {
        say(said, `What was dropped cannot be read: ${error.message}`);
      }
    });
  }
}

function farOf(state, have, whole, reason) {
  switch (state) {
    case "waiting":
      return `${size(whole)}, waits for its turn`;
    case "sending":
      return `${size(have)} of ${size(whole)}`;
    case "away":
      return `${size(have)} of ${size(whole)}; the studio does not answer, trying again`;
    case "done":
      return `${size(whole)}, here`;
    case "refused":
      return reason;
    case "elsewhere":
      return `${size(have)} of ${size(whole)}, from another page`;
    default:
      return `${size(have)} of ${size(whole)} are here; drop the file again and it goes on`;
  }
}

function sumUp(list, open, have, whole) {
  const refused = list.filter((one) => one.state === "refused").length;
  const not = refused ? `, ${refused} refused` : "";
  if (open) return `${several(open, "file")} to go, ${size(have)} of ${size(whole)} (${percent(whole ? have / whole : 0)})${not}`;
  const here = list.length - refused;
  return list.length ? `${several(here, "file")} came in${not}` : "";
}

function sum(list, of) {
  return list.reduce((total, one) => total + of(one), 0);
}
