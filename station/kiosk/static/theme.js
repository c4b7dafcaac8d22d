// Dark at night and light by day, by the hour at the gate; the guard may choose otherwise.
import { clockText } from "/static/bar.js";
import { onLanguage, put, say } from "/static/words.js";

const KEPT = "gate.theme";
const CHOICES = ["auto", "light", "dark"];
const DAY = { from: 7, until: 18 };
const button = document.getElementById("theme");
let choice = CHOICES.includes(localStorage.getItem(KEPT)) ? localStorage.getItem(KEPT) : "auto";
let hour = 0;

export function drawTheme(view) {
  if (view) hour = Number(clockText(view.now, view.timezone, { hour: "2-digit" }).replace(/\D/g, ""));
  const byHour = hour >= DAY.from && hour < DAY.until ? "light" : "dark";
  document.documentElement.dataset.theme = choice === "auto" ? byHour : choice;
  put(button, say(`theme.${choice}`));
}

button.addEventListener("click", () => {
  choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
  localStorage.setItem(KEPT, choice);
  drawTheme();
});
onLanguage(() => drawTheme());
