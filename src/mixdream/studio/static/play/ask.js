/** A new loop for the selected pad, or a variation of it: what the model is asked for. */

import { on } from "../api.js";
import { attribute, element, update } from "../dom.js";
import { Slider, percent } from "./slider.js";

const NAMES = {
  energy: "Energy",
  bass: "Bass",
  brightness: "Brightness",
  busyness: "Busyness",
  noisiness: "Noisiness",
};

export class AskForm {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    this.asked = {};
    this.models = [];
    session.ask = () => this.content();
    this.bars = element("select", {
      aria: { label: "Bars of new loops" },
      on: { change: () => this.changed("bars", Number(this.bars.value)) },
    });
    session.strength = 0.3;
    this.wishes = element("div", { className: "wishes" });
    this.like = element("select", { on: { change: () => this.changed("like", this.like.value || null) } });
    this.model = element("select", { on: { change: () => session.tell({ model: this.model.value }) } });
    this.barsLabel = element(
      "label",
      { className: "field" },
      element("span", { textContent: "Bars" }),
      this.bars,
    );
    this.likeLabel = element(
      "label",
      { className: "field" },
      element("span", { textContent: "Like" }),
      this.like,
    );
    this.modelLabel = element(
      "label",
      { className: "field" },
      element("span", { textContent: "Model" }),
      this.model,
    );
    this.make = element(
      "button",
      {
        className: "primary",
        type: "button",
        aria: { keyshortcuts: "N" },
        data: { control: "new loop" },
        on: { click: () => session.make(session.selected, this.content()) },
      },
      "New loop",
    );
    this.vary = element(
      "button",
      {
        type: "button",
        aria: { keyshortcuts: "V" },
        data: { control: "variation" },
        on: { click: () => session.vary(session.selected, session.strength) },
      },
      "Variation",
    );
    this.strength = new Slider({
      label: "Varied by",
      words: percent,
      change: (value) => {
        session.strength = value;
      },
    });
    this.strength.show(session.strength);
    this.buttons = element("div", { className: "actions make" }, this.make, this.vary);
    this.root = element(
      "section",
      { className: "ask", aria: { label: "What new loops and variations are like" } },
      element("h3", { textContent: "New ones are" }),
      this.strength.root,
      this.wishes,
      this.barsLabel,
      this.likeLabel,
      this.modelLabel,
    );
    on("training", ({ models }) => {
      this.models = models;
      this.built = null;
      session.changed();
    });
  }

  /** What a new loop is to be: only what was touched, and what the model can. */
  content() {
    const { descriptors = [], like = [], bars = [] } = this.chosen ?? {};
    const { bars: wanted, ...asked } = this.asked;
    const able = ([name, value]) => (name === "like" ? like.includes(value) : descriptors.includes(name));
    const ask = Object.fromEntries(Object.entries(asked).filter(able));
    return bars.includes(wanted) ? { ask, bars: wanted } : { ask };
  }

  get chosen() {
    return this.models.find(({ id }) => id === this.session.state.model) ?? this.models[0];
  }

  changed(name, value) {
    if (value === null) delete this.asked[name];
    else this.asked[name] = value;
    this.session.changed();
  }

  show() {
    const busy = this.session.busy.has(this.session.selected);
    update(this.make, { disabled: busy });
    update(this.vary, { disabled: busy || !this.session.pad(this.session.selected).loop });
    const built = JSON.stringify([this.chosen, this.models]);
    if (built !== this.built) {
      this.built = built;
      this.build();
    }
    for (const wish of this.wishes.children) {
      const isOn = wish.dataset.name in this.asked;
      wish.toggleAttribute("data-on", isOn);
      update(wish.querySelector("output"), {
        textContent: isOn ? percent(this.asked[wish.dataset.name]) : "any",
      });
      update(wish.querySelector("button"), { disabled: !isOn });
      if (!isOn) update(wish.querySelector("input"), { value: "0.5" });
      attribute(
        wish.querySelector("input"),
        "aria-valuetext",
        isOn ? percent(this.asked[wish.dataset.name]) : "any",
      );
    }
    update(this.model, { value: this.session.state.model });
  }

  build() {
    const { descriptors = [], like = [], bars = [] } = this.chosen ?? {};
    this.wishes.replaceChildren(...descriptors.filter((name) => NAMES[name]).map((name) => this.wish(name)));
    this.bars.replaceChildren(...bars.map((count) => new Option(count, count)));
    this.bars.value = bars.includes(this.asked.bars) ? this.asked.bars : bars.at(-1);
    this.barsLabel.hidden = bars.length < 2;
    this.like.replaceChildren(new Option("anything", ""), ...like.map((set) => new Option(set, set)));
    this.like.value = this.asked.like ?? "";
    this.likeLabel.hidden = !like.length;
    this.model.replaceChildren(...this.models.map(({ id, title }) => new Option(title, id)));
    this.modelLabel.hidden = this.models.length < 2;
  }

  wish(name) {
    const slider = new Slider({
      label: NAMES[name],
      control: name,
      words: percent,
      change: (value) => this.changed(name, value),
    });
    const off = element("button", {
      className: "off",
      type: "button",
      textContent: "×",
      aria: { label: `${NAMES[name]}: any` },
      on: { click: () => this.changed(name, null) },
    });
    return element("div", { className: "wish", data: { name } }, slider.root, off);
  }
}
