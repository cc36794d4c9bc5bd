/** Recordings and mixes: made, listed, and taken away. */

import { on, post } from "../api.js";
import { attribute, element, everyFrame, keyed, update } from "../dom.js";
import { say } from "../message.js";
import { Recorder } from "./record.js";

/** @param {import("./session.js").Session} session */
export function takes(session, panel, showTab) {
  const button = document.getElementById("record");
  let recorder = null;
  let unsent = null; // what was played, until the studio has it

  const save = async (content) => {
    unsent = content;
    try {
      await post("recordings", content);
      unsent = null;
      showTab();
    } catch (error) {
      say(`${error.message} The take is kept on this page: press Rec to send it again.`);
    }
  };
  const toggle = async () => {
    if (unsent) {
      await save(unsent);
      return;
    }
    if (!recorder) {
      recorder = new Recorder(session.audio());
      return;
    }
    const content = recorder.end();
    recorder = null;
    if (!content) {
      say("Nothing was recorded: it begins at the next bar that plays.");
      return;
    }
    await save(content);
  };
  button.addEventListener("click", toggle);
  addEventListener("beforeunload", (event) => (recorder || unsent) && event.preventDefault());
  everyFrame(button, () => {
    attribute(button, "aria-pressed", Boolean(recorder));
    update(button.lastElementChild, { textContent: recorder ? clockOf(recorder.seconds) : "Rec" });
  });

  const minutes = element("input", {
    type: "number",
    min: 0.5,
    max: 240,
    step: 0.5,
    value: 5,
    inputMode: "decimal",
  });
  const hearts = element("input", { type: "checkbox" });
  const mix = element(
    "form",
    { className: "mix", on: { submit: (event) => send(event) } },
    element("h3", { textContent: "A mix" }),
    element("label", { className: "field" }, element("span", { textContent: "Minutes" }), minutes),
    element("label", { className: "check" }, hearts, "of hearted loops only"),
    element("button", { textContent: "Make a mix" }),
  );
  const send = (event) => {
    event.preventDefault();
    post("mix", { minutes: minutes.valueAsNumber, hearts: hearts.checked }).catch((error) =>
      say(error.message),
    );
  };

  const list = element("ul", { className: "rows" });
  const none = element("p", {
    className: "soft",
    textContent:
      "Nothing recorded yet. Record writes down what you play and renders it afterwards in full quality.",
  });
  const work = ["recording", "mix"].map((kind) => [
    kind,
    element("p", { className: "work", hidden: true, attributes: { role: "status" } }),
  ]);
  panel.append(element("h2", { textContent: "Takes" }), none, ...work.map(([, line]) => line), list, mix);

  on("recordings", ({ recordings }) => {
    none.hidden = recordings.length > 0;
    const items = [...recordings].reverse();
    keyed(list, items, ({ name }) => name, make, refresh);
  });
  on("jobs", (jobs) => {
    for (const [kind, line] of work) {
      const job = jobs[kind];
      const text = job ? textOf(job) : "";
      update(line, { textContent: text, hidden: !text });
    }
  });
}

function textOf({ state, step, share, error }) {
  if (state === "running") return `${step}: ${Math.round(100 * (share ?? 0))} %`;
  if (state === "failed" || state === "lost") return error ?? "It ended before it was done.";
  return "";
}

function make() {
  return element(
    "li",
    {},
    element("div", {}, element("strong"), element("span", { className: "soft" })),
    element("span", { className: "files" }),
  );
}

function refresh(row, { name, seconds, state, files }) {
  update(row.querySelector("strong"), { textContent: name });
  update(row.querySelector(".soft"), {
    textContent: `${clockOf(seconds)}${state === "rendered" ? "" : " · not rendered yet"}`,
  });
  const links = row.querySelector(".files");
  if (links.dataset.files === files.join()) return;
  links.dataset.files = files.join();
  links.replaceChildren(
    ...files.map((file) =>
      element("a", {
        className: "button",
        href: `api/recordings/${encodeURIComponent(file)}`,
        download: file,
        textContent: file.split(".").at(-1).toUpperCase(),
        aria: { label: `Download ${file}` },
      }),
    ),
  );
}

/** Minutes and seconds. */
export function clockOf(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
