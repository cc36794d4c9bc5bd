// Pages of the listening test. The server knows where the listener is; this shows it, plays, and sends answers.

import { listenToKeys } from "./keys.js";
import { loaded } from "./loader.js";
import { got, newId, Outbox, posted } from "./outbox.js";
import { Player, silence } from "./player.js";
import { Question } from "./questions.js";
import { Together } from "./together.js";

let main;
let home;
let words;
let keys = null;
let shown = new AbortController(); // ends what a page has begun when it goes

function begin() {
  main = document.querySelector("main[data-kind]");
  if (!main) return;
  home ??= new URL(main.dataset.home, location.href);
  words = JSON.parse(main.dataset.words);
  keys = null;
  shown.abort();
  shown = new AbortController();
  for (const link of main.querySelectorAll("a.whole")) link.textContent = link.href;
  const kinds = { consent, page, withdraw };
  kinds[main.dataset.kind]?.();
}

// Show where the listener is, by the server's account, in place of what is shown now.
async function goOn() {
  silence();
  const text = await got(home, trying);
  const next = new DOMParser().parseFromString(text, "text/html");
  if (!next.querySelector("main[data-kind]")) {
    location.replace(home);
    return;
  }
  history.replaceState(null, "", home);
  for (const name of ["lang", "dir"]) document.documentElement[name] = next.documentElement[name];
  document.title = next.title;
  main.replaceWith(document.adoptNode(next.querySelector("main")));
  begin();
  scrollTo(0, 0);
  main.querySelector("h1").focus();
}

function consent() {
  const agree = main.querySelector("#agree");
  const content = { id: newId(), language: agree.dataset.language, new: "new" in agree.dataset };
  content.panel = JSON.parse(agree.dataset.panel);
  agree.addEventListener("click", async () => {
    agree.disabled = true;
    const response = await posted(new URL("start", home), content, (said) => said.started === true, trying);
    if (response.ok) {
      await goOn();
    } else if (response.status === 410) {
      location.reload(); // the first page says why
    } else {
      refused(response);
      agree.disabled = false;
    }
  });
  agree.disabled = false; // who pressed it earlier would have waited for nothing
}

function withdraw() {
  const button = main.querySelector("#delete");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const response = await posted(location.href, {}, (said) => said.deleted === true, trying);
    if (response.ok || response.status === 404) {
      for (const section of main.querySelectorAll("section")) section.hidden = section.id !== "deleted";
      main.querySelector("#deleted h1").focus();
    } else {
      refused(response);
      button.disabled = false;
    }
  });
  button.disabled = false;
}

function page() {
  const shownAt = performance.now();
  const position = Number(main.dataset.page);
  const outbox = new Outbox(main.dataset.session, position);
  const next = main.querySelector("#next");
  const questions = [...main.querySelectorAll("fieldset")].map((one) => new Question(one, words));
  const together = main.querySelector("#timeline") && new Together(main, words, () => update());
  const players =
    together?.clips ?? [...main.querySelectorAll("[data-slot]")].map((one) => new Player(one, words, () => update()));
  let open = true; // until it is sent

  function update() {
    const listened = !("mustListen" in main.dataset) || players.every((one) => one.reachedEnd);
    for (const one of questions) {
      // A rating beside its clip is open once that was played, to be changed while others are compared.
      const own = players.find((player) => player.item.contains(one.fieldset));
      one.fieldset.disabled = !open || !(own ? own.plays : listened);
    }
    main.querySelector("#listen")?.toggleAttribute("hidden", listened);
    next.disabled = !open || !listened || !questions.every((one) => one.complete);
  }

  // Whatever happens, the page ends up open for another try, or where the server says the listener is.
  async function send(content) {
    open = false;
    outbox.put(content);
    update();
    say(words.saving);
    const response = await posted(new URL("answers", home), content, (said) => said.page === position, trying);
    if (response.ok) {
      outbox.clear();
      return goOn();
    }
    if (response.said.other_session) {
      // Kept: it is sent when this session is opened again, by its own link.
      say(words.other_session, "bad");
      open = true;
      return update();
    }
    outbox.clear();
    if (response.status === 422) {
      refused(response);
      open = true;
      return update();
    }
    await goOn();
    if (response.status === 409) say(words.elsewhere);
    return undefined;
  }

  function submit() {
    const answers = Object.fromEntries(questions.filter((one) => one.value !== "").map((one) => [one.name, one.value]));
    return send({
      id: newId(),
      session: main.dataset.session,
      page: position,
      answers,
      heard: players.map((one) => one.report),
      taken_s: Math.round(performance.now() - shownAt) / 1000,
    });
  }

  // All at once and before any is played: what comes sooner would be known.
  async function load() {
    const urls = players.map((one) => new URL(`clips/${one.item.dataset.slot}`, home));
    const { signal } = shown;
    const bar = main.querySelector("#loading progress");
    const progress = (share) => (bar.value = share);
    let failed = false;
    const waiting = () => {
      failed = true;
      say(words.no_clip, "bad");
    };
    try {
      const buffers = await loaded(urls, progress, waiting, signal);
      if (signal.aborted) return;
      players.forEach((one, i) => one.ready(buffers[i]));
      main.querySelector("#loading").hidden = true;
      if (failed) say("");
    } catch {
      if (!signal.aborted) say(words.no_audio, "bad");
    }
  }

  main.addEventListener("change", () => update());
  main.addEventListener("input", () => update());
  main.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!next.disabled) submit();
  });
  keys = { players, questions, together, primary: () => (next.disabled ? null : next) };
  update();
  if (players.length) load();
  const unsent = outbox.content;
  if (unsent) {
    for (const one of questions) one.value = unsent.answers[one.name] ?? "";
    send(unsent);
  }
}

function refused({ said }) {
  say(words.refused.replace("{reason}", said.error), "bad");
}

function trying() {
  say(words.trying, "bad");
}

function say(text, mood = "") {
  const state = main.querySelector("#state");
  if (!state) return;
  state.className = mood;
  if (state.textContent !== text) state.textContent = text;
}

listenToKeys(() => keys);
begin();
