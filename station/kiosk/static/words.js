// The page's texts: one tap changes the language of everything, also on the rehearsal page beside it.
const dictionary = JSON.parse(document.getElementById("dictionary").textContent);
const KEPT = "gate.language";
const listeners = new Set();
let language = localStorage.getItem(KEPT) === "en" ? "en" : "zh";

export const now = () => language;

/** The text of a key, with {name} filled in. An unknown key shows itself: a hole must be seen, not guessed. */
export function say(key, values = {}) {
  const text = dictionary[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** In one language whatever the page's: the resident's side speaks both at once. */
export const sayIn = (wanted, key) => dictionary[wanted][key] ?? key;

export const known = (key) => key in dictionary[language];

export function onLanguage(listener) {
  listeners.add(listener);
}

function setLanguage(wanted) {
  language = wanted === "en" ? "en" : "zh";
  localStorage.setItem(KEPT, language);
  draw();
}

export const otherLanguage = () => setLanguage(language === "zh" ? "en" : "zh");

export function draw() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-say]")) put(element, say(element.dataset.say));
  for (const listener of listeners) listener();
}

/** Sets a text only where it changed, so that a view each half second costs nothing. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

addEventListener("storage", (event) => {
  if (event.key !== KEPT || !event.newValue || event.newValue === language) return;
  language = event.newValue === "en" ? "en" : "zh";
  draw();
});
