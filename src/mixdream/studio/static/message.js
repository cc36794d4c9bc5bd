/** A line for people, at the foot of the page. */

const message = document.getElementById("message");
message.addEventListener("click", () => say(""));

/** Show a line until it is read; an empty one hides it. */
export function say(text) {
  message.textContent = text;
  message.hidden = !text;
}
