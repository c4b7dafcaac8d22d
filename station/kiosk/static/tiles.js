// Buttons made of data, and lists that are drawn anew only where they changed.
import { say } from "/static/words.js";

export function mark(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", "mark");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#mark-${name}`);
  drawing.append(use);
  return drawing;
}

export function tile(text, done, { pressed = null, sign = "", look = "" } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  if (sign) made.append(mark(sign));
  made.append(text);
  if (look) made.className = look;
  if (pressed !== null) made.setAttribute("aria-pressed", String(pressed));
  made.addEventListener("click", done);
  return made;
}

/** Nothing happens while the key is the one before, so that a view each half second costs nothing. */
export function refill(list, key, make) {
  const drawn = JSON.stringify(key);
  if (list.dataset.key === drawn) return;
  list.dataset.key = drawn;
  list.replaceChildren(...make());
}

/** One of several: touching the chosen one again takes the choice back where `none` allows it. */
export function choose(list, options, chosen, changed, none = false) {
  list.replaceChildren(...options.map(([value, text]) => tile(
    text,
    () => {
      const now = none && value === chosen ? null : value;
      choose(list, options, now, changed, none);
      changed(now);
    },
    { pressed: value === chosen },
  )));
}

export const numbers = (most) => Array.from({ length: most }, (_, at) => [at + 1, String(at + 1)]);
export const inWords = (choice, language) => (language === "zh" ? choice.zh ?? choice.name_zh : choice.en ?? choice.name_en);

export function buildingName(building) {
  return /^[0-9A-Za-z-]+$/.test(building) ? say("building", { n: building }) : building;
}

export function doorName({ building, unit = "", room = "" }) {
  const number = [unit, room].filter(Boolean).join("-");
  return number ? `${buildingName(building)} ${say("find.room", { n: number })}` : buildingName(building);
}
