// Holds things up to the gate by POST, as anybody may; what becomes of it shows on the guard's screen beside.
import { now, draw as drawWords, onLanguage, otherLanguage, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const WAIT_SECONDS = 15;
const LOOKS = 12;
const CAMERA_EVERY_MS = 250;
const chosen = { bytes: null, celsius: 36.5, way: "" };
let told = () => "";
let live = null;

const press = (buttons, wanted) => {
  for (const button of buttons) button.setAttribute("aria-pressed", String(button === wanted));
};

function tell(words, outcome = "") {
  told = words;
  $("result").dataset.outcome = outcome;
  put($("result"), words());
}

function address(wait) {
  const asked = new URLSearchParams();
  if (chosen.celsius !== null) asked.set("celsius", chosen.celsius);
  if (chosen.way) asked.set("direction", chosen.way);
  if (wait) { asked.set("wait", WAIT_SECONDS); asked.set("looks", LOOKS); }
  return `/rehearsal/show?${asked}`;
}

async function send(path, body, type) {
  const answer = await fetch(path, { method: "POST", body, headers: { "Content-Type": type } });
  if (answer.status === 400 || answer.status === 409) throw new Error((await answer.json())[now()] ?? "");
  if (!answer.ok) throw new Error("");
  return answer.status === 204 ? null : answer.json();
}

async function show() {
  if (chosen.bytes === null) return tell(() => say("r.choose"));
  tell(() => say("r.showing"));
  const since = performance.now();
  try {
    const { sequence: n, outcome } = await send(address(true), chosen.bytes, "application/octet-stream");
    const ms = Math.round(performance.now() - since);
    if (outcome === null) return tell(() => say("r.unread"));
    return tell(() => say("r.shown", { n, outcome: say(`outcome.${outcome}`), ms }), outcome);
  } catch (wrong) {
    return tell(() => wrong.message || say("r.failed"));
  }
}

async function takeAway() {
  stopCamera();
  try {
    await send("/rehearsal/clear", "{}", "application/json");
    tell(() => say("r.taken"));
  } catch {
    tell(() => say("r.failed"));
  }
}

async function touch(deed) {
  try {
    await send("/rehearsal/panel", JSON.stringify(deed), "application/json");
    return true;
  } catch {
    tell(() => say("r.failed"));
    return false;
  }
}

async function befall(button) {
  const begins = button.getAttribute("aria-pressed") !== "true";
  if (await touch({ [button.dataset.fate]: begins })) button.setAttribute("aria-pressed", String(begins));
}

function heat(celsius, tellGate = true) {
  chosen.celsius = celsius;
  if (celsius !== null) $("slider").value = celsius;
  put($("celsius"), celsius === null ? say("r.nobody") : `${celsius.toFixed(1)} ℃`);
  const same = (button) => (button.dataset.celsius === "" ? null : Number(button.dataset.celsius)) === celsius;
  const presets = [...document.querySelectorAll("[data-celsius]")];
  press(presets, presets.find(same));
  // Without a picture in view this is a hand before the sensor; with one, the visit's temperature.
  if (tellGate) send("/rehearsal/forehead", JSON.stringify({ celsius }), "application/json").catch(() => tell(() => say("r.failed")));
}

async function list() {
  const pictures = await (await fetch("/rehearsal/pictures")).json();
  $("none").hidden = pictures.length > 0;
  $("pictures").replaceChildren(...pictures.map(thumbnail));
}

function thumbnail(picture) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.file = picture.file;
  const image = document.createElement("img");
  image.loading = "lazy";
  image.alt = "";
  image.src = `/rehearsal/thumbnails/${encodeURIComponent(picture.file)}`;
  const caption = document.createElement("span");
  caption.dataset.zh = picture.caption_zh || picture.file;
  caption.dataset.en = picture.caption_en || picture.file;
  caption.textContent = caption.dataset[now()];
  button.append(image, caption);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", async () => {
    press($("pictures").children, button);
    if (picture.forehead_celsius !== null) heat(picture.forehead_celsius, false);
    chosen.bytes = await (await fetch(`/rehearsal/pictures/${encodeURIComponent(picture.file)}`)).blob();
    tell(() => "");
  });
  return button;
}

function fromDisk(file) {
  if (!file) return;
  chosen.bytes = file;
  press($("pictures").children, null);
  URL.revokeObjectURL($("dropped").src);
  $("dropped").src = URL.createObjectURL(file);
  $("dropped").hidden = false;
  tell(() => "");
}

async function startCamera() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 }, audio: false });
    $("video").srcObject = stream;
    await $("video").play();
    live = { stream, canvas: document.createElement("canvas") };
    $("show").disabled = true;
    $("camera").dataset.say = "r.camera.stop";
    put($("camera"), say("r.camera.stop"));
    tell(() => say("r.camera.live"));
    sendFrames(live);
  } catch {
    tell(() => say("r.camera.refused"));
  }
}

async function sendFrames(mine) {
  const video = $("video");
  while (live === mine) {
    mine.canvas.width = video.videoWidth;
    mine.canvas.height = video.videoHeight;
    mine.canvas.getContext("2d").drawImage(video, 0, 0);
    const frame = await new Promise((done) => mine.canvas.toBlob(done, "image/jpeg", 0.85));
    if (frame && live === mine) await send(address(false), frame, "image/jpeg").catch(() => tell(() => say("r.failed")));
    await new Promise((done) => setTimeout(done, CAMERA_EVERY_MS));
  }
}

function stopCamera() {
  if (live === null) return;
  for (const track of live.stream.getTracks()) track.stop();
  live = null;
  $("show").disabled = false;
  $("video").srcObject = null;
  $("camera").dataset.say = "r.camera.start";
  put($("camera"), say("r.camera.start"));
}

function openTab(tab) {
  for (const other of document.querySelectorAll("[data-tab]")) other.setAttribute("aria-selected", String(other === tab));
  for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== tab.dataset.tab;
  if (tab.dataset.tab !== "camera") stopCamera();
}

function fit() {
  const [width, height] = document.querySelector(".sizes [aria-pressed='true']").dataset.size.split("x").map(Number);
  const frame = $("frame");
  const room = { width: frame.parentElement.clientWidth - 24, height: innerHeight - frame.offsetTop - 40 };
  const scale = Math.min(1, room.width / width, Math.max(room.height, 320) / height);
  Object.assign($("kiosk").style, { width: `${width}px`, height: `${height}px`, transform: `scale(${scale})` });
  // The border is part of the box.
  Object.assign(frame.style, { width: `${width * scale + 22.4}px`, height: `${height * scale + 22.4}px` });
}

$("show").addEventListener("click", show);
$("take-away").addEventListener("click", takeAway);
$("language").addEventListener("click", otherLanguage);
$("slider").addEventListener("input", () => heat(Number($("slider").value), false));
$("slider").addEventListener("change", () => heat(Number($("slider").value)));
$("file").addEventListener("change", () => fromDisk($("file").files[0]));
$("camera").addEventListener("click", () => (live === null ? startCamera() : (stopCamera(), tell(() => ""))));
for (const button of document.querySelectorAll("[data-celsius]")) {
  button.addEventListener("click", () => heat(button.dataset.celsius === "" ? null : Number(button.dataset.celsius)));
}
for (const button of document.querySelectorAll("[data-way]")) {
  button.addEventListener("click", () => { chosen.way = button.dataset.way; press(button.parentElement.children, button); });
}
for (const button of document.querySelectorAll("[data-press]")) {
  button.addEventListener("click", () => touch({ press: button.dataset.press }));
}
for (const button of document.querySelectorAll("[data-fate]")) button.addEventListener("click", () => befall(button));
for (const tab of document.querySelectorAll("[data-tab]")) tab.addEventListener("click", () => openTab(tab));
for (const button of document.querySelectorAll("[data-size]")) {
  button.addEventListener("click", () => { press(button.parentElement.children, button); fit(); });
}
for (const kind of ["dragenter", "dragover"]) {
  $("drop").addEventListener(kind, (event) => { event.preventDefault(); $("drop").classList.add("over"); });
}
$("drop").addEventListener("dragleave", () => $("drop").classList.remove("over"));
$("drop").addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  fromDisk(event.dataTransfer.files[0]);
});
addEventListener("resize", fit);
onLanguage(() => {
  document.title = say("r.title");
  for (const caption of document.querySelectorAll(".pictures span")) caption.textContent = caption.dataset[now()];
  heat(chosen.celsius, false);
  put($("result"), told());
});
drawWords();
fit();
list().catch(() => tell(() => say("r.failed")));
