/** Small steps on the document: copies of templates, text, lists that keep their elements. */

/**
 * A copy of the one element that a `<template>` holds.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/**
 * The element that is marked `data-part="NAME"`.
 * @param {ParentNode} root
 * @param {string} name
 * @returns {HTMLElement}
 */
export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/**
 * An element with a class and a text.
 * @param {string} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElement}
 */
export function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/**
 * Set a text only where it differs: what is selected stays so, and screen readers say nothing twice.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Make the children of a list those of `items`, in their order, one for each key.
 * An element stays as long as its key does, with its focus, its scroll position and its listeners.
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} items
 * @param {(item: T, at: number) => string} keyOf
 * @param {(item: T) => HTMLElement} make
 * @param {(element: HTMLElement, item: T, at: number) => void} update
 */
export function keyed(list, items, keyOf, make, update) {
  const wanted = new Set(items.map((item, at) => keyOf(item, at)));
  const here = new Map();
  for (const child of [...list.children]) {
    if (wanted.has(child.dataset.key) && !here.has(child.dataset.key)) here.set(child.dataset.key, child);
    else child.remove();
  }
  let next = list.firstElementChild;
  items.forEach((item, at) => {
    const key = keyOf(item, at);
    let element = here.get(key);
    if (!element) {
      element = make(item);
      element.dataset.key = key;
      here.set(key, element);
    }
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
    update(element, item, at);
  });
}

/**
 * Change a panel. Where that hides what has the focus, the panel's first button gets it, or the panel itself:
 * whoever uses the keyboard is not thrown back to the top of the page.
 * @param {HTMLElement} panel
 * @param {() => void} change
 */
export function keepingFocus(panel, change) {
  const focused = document.activeElement;
  change();
  if (!panel.contains(focused) || focused.checkVisibility()) return;
  const button = [...panel.querySelectorAll("button")].find((one) => one.checkVisibility() && !one.disabled);
  (button ?? panel).focus();
}

/**
 * Make a list of plain sentences.
 * @param {HTMLElement} list
 * @param {string[]} sentences
 */
export function sentencesIn(list, sentences) {
  list.hidden = sentences.length === 0;
  keyed(list, sentences, (sentence, at) => `${at} ${sentence}`, () => made("li"), say);
}

/**
 * An element with all that belongs to it.
 * @param {string} tag
 * @param {object} [given] properties; `data`, `aria` and `attributes` are objects of their own, `on` one of listeners
 * @param {...(Node|string)} children
 */
export function element(tag, given = {}, ...children) {
  const { data = {}, aria = {}, attributes = {}, on = {}, ...properties } = given;
  const whole = Object.assign(document.createElement(tag), properties);
  Object.assign(whole.dataset, data);
  for (const [name, value] of Object.entries(aria)) whole.setAttribute(`aria-${name}`, value);
  for (const [name, value] of Object.entries(attributes)) whole.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on)) whole.addEventListener(name, listener);
  whole.append(...children);
  return whole;
}

/** Properties only where they differ, as `say` does with texts. */
export function update(node, properties) {
  for (const [name, value] of Object.entries(properties)) if (node[name] !== value) node[name] = value;
}

/** The same for an attribute; null takes it away. */
export function attribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const FRAME_MS = 30; // smooth enough for lines and levels, at half the work of every frame
const CALM_MS = 240;

/** Draws again and again while an element is seen; seldom, where less motion is wished for. */
export function everyFrame(root, draw) {
  let last = -Infinity;
  const step = (time) => {
    if (time - last >= (CALM.matches ? CALM_MS : FRAME_MS) && root.offsetParent) {
      last = time;
      draw();
    }
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}
