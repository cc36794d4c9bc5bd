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
    element("p", {
      className: "soft",
      textContent: "Mix beside a recording makes one of its loops, in the order in which they were heard.",
    }),
  );
  const send = (event) => {
    event.preventDefault();
    tell("mix", { minutes: minutes.valueAsNumber, hearts: hearts.checked });
  };

  const list = element("ul", { className: "rows takes" });
  const none = element("p", {
    className: "soft",
    textContent:
      "Nothing recorded yet. Record writes down what you play and renders it afterwards in full quality.",
  });
  const work = ["recording", "mix"].map(workLine);
  panel.append(element("h2", { textContent: "Takes" }), none, ...work.map(([, line]) => line), list, mix);

  on("recordings", ({ recordings }) => {
    none.hidden = recordings.length > 0;
    const items = [...recordings].reverse();
    keyed(list, items, ({ name }) => name, make, refresh);
  });
  on("jobs", (jobs) => {
    for (const [kind, line] of work) {
      const text = jobs[kind] ? textOf(jobs[kind]) : "";
      const [said, stop] = line.children;
      update(said, { textContent: text });
      update(stop, { hidden: jobs[kind]?.state !== "running" });
      update(line, { hidden: !text });
    }
    list.toggleAttribute("data-rendering", jobs.recording?.state === "running");
  });
}

const tell = (path, content) => post(path, content).catch((error) => say(error.message));

/** What is said of a kind of work, and what stops it. */
function workLine(kind) {
  const stop = element(
    "button",
    {
      type: "button",
      aria: { label: kind === "mix" ? "Stop the mix" : "Stop rendering" },
      on: { click: () => tell(`jobs/${kind}/stop`) },
    },
    "Stop",
  );
  const said = element("p", { attributes: { role: "status" } });
  return [kind, element("div", { className: "work", hidden: true }, said, stop)];
}

function textOf({ state, step, share, error, result }) {
  if (state === "running") return `${step}: ${Math.round(100 * (share ?? 0))} %`;
  if (state === "done" && result?.left_out)
    return `${result.left_out} of its loops ${result.left_out === 1 ? "is" : "are"} left out: gone, or their models are.`;
  if (state === "failed" || state === "lost") return error ?? "It ended before it was done.";
  return "";
}

function make({ name, kind }) {
  const render = element(
    "button",
    { type: "button", className: "render", on: { click: () => tell("jobs/recording") } },
    "Render",
  );
  const mix = element(
    "button",
    {
      type: "button",
      title: "Make a mix of its loops, in their order",
      aria: { label: `Make a mix of the loops of ${name}` },
      on: { click: () => tell("mix", { recording: name }) },
    },
    "Mix",
  );
  return element(
    "li",
    {},
    element("div", {}, element("strong"), element("span", { className: "soft" })),
    element(
      "div",
      { className: "actions" },
      element("span", { className: "files" }),
      ...(kind === "recording" ? [render, mix] : []),
    ),
  );
}

function refresh(row, { name, kind, seconds, state, files }) {
  update(row.querySelector("strong"), { textContent: name });
  const isRendered = state === "rendered";
  update(row.querySelector(".soft"), {
    textContent: `${clockOf(seconds)}${isRendered ? "" : " · not rendered yet"}`,
  });
  if (kind === "recording") update(row.querySelector(".render"), { hidden: isRendered });
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
