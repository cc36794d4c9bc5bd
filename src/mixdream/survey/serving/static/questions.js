// The questions on a page: what is chosen, whether it is complete, choosing by number keys.

export class Question {
  constructor(fieldset, words) {
    this.fieldset = fieldset;
    this.name = fieldset.dataset.question;
    this.kind = fieldset.dataset.kind;
    this.required = "required" in fieldset.dataset;
    this.words = words;
    this.touched = false; // a slider stands somewhere before anyone moved it
    if (this.kind === "slider") {
      this.input.addEventListener("input", () => this.touch());
      // A press on the very spot where it stands is an answer, too.
      this.input.addEventListener("pointerup", () => this.touch());
      // And so is Enter.
      this.input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || this.touched) return;
        event.preventDefault();
        event.stopPropagation();
        this.touch();
      });
    }
  }

  get input() {
    return this.fieldset.querySelector("input, textarea");
  }

  get value() {
    if (this.kind === "text") return this.input.value.trim();
    if (this.kind === "slider") return this.touched ? this.input.value : "";
    return this.fieldset.querySelector(":checked")?.value ?? "";
  }

  set value(value) {
    if (this.kind === "text") {
      this.input.value = value;
    } else if (this.kind === "slider") {
      this.input.value = value;
      this.touch();
    } else {
      for (const radio of this.fieldset.querySelectorAll("input")) radio.checked = radio.value === value;
    }
  }

  get complete() {
    return this.value !== "" || !this.required;
  }

  touch() {
    if (this.fieldset.disabled) return;
    this.touched = true;
    const said = [this.input.value, this.part].filter(Boolean).join(", ");
    this.fieldset.querySelector("output").value = said;
    this.input.setAttribute("aria-valuetext", said);
    this.fieldset.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // The name of the part of the slider where it stands, if parts have names.
  get part() {
    const names = [...this.fieldset.querySelectorAll(".parts span")];
    const { min, max, value } = this.input;
    const share = (value - min) / (max - min);
    return names[Math.min(names.length - 1, Math.floor(share * names.length))]?.textContent;
  }

  // By a digit: the step of that number on a scale, else the nth option, from 1.
  choose(digit) {
    const radios = [...this.fieldset.querySelectorAll("input[type=radio]")];
    const radio = this.kind === "scale" ? radios.find((one) => one.value === digit) : radios[digit - 1];
    if (!radio || this.fieldset.disabled) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// The one that a number key answers: where the focus is, else the first without an answer, else the last.
export function current(questions) {
  const choices = questions.filter((one) => one.kind === "choice" || one.kind === "scale");
  return (
    choices.find((one) => one.fieldset.contains(document.activeElement)) ??
    choices.find((one) => one.value === "") ??
    choices.at(-1)
  );
}
