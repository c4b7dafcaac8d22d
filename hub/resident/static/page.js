// The page: shows the pass that was chosen with a fresh code, or takes a new card. Wires the other parts together.

import { codeOf, drawKey } from "./code.js";
import { draw } from "./drawing.js";
import { fetchPass, now, offset, Refused, revokedAmong } from "./hub.js";
import * as store from "./store.js";
import { has, otherLanguage, say, speak } from "./words.js";

const RENEW_MS = 30000;
const ASK_EVERY_MS = 300000;
// A gate allows a phone to be 30 s ahead and its code to be 60 s old.
const CLOCK_MATTERS_MS = 20000;
const RING = 100;

const at = (id) => document.getElementById(id);
let passes = [];
let chosen = Number(store.recall("chosen")) || 0;
let token = readToken();
let adding = false;
let complaint = "";
let busy = false;
let madeAt = 0;
let making = false;
let askedAt = 0;
let sure = false;

function readToken() {
  const found = location.hash.slice(1);
  // A card's secret does not stay in the address, where it would be shared or synchronised.
  if (found) history.replaceState(null, "", location.pathname);
  return found;
}

function pass() {
  return passes[Math.min(chosen, passes.length - 1)];
}

function standing(each) {
  if (each.revoked) return "revoked";
  return now() >= each.expiresAt ? "expired" : "";
}

function render() {
  const inviting = !passes.length || Boolean(token) || adding;
  at("invite").hidden = !inviting;
  at("show").hidden = inviting;
  at("compound").textContent = passes.length ? pass().compound : say("title");
  if (inviting) renderInvitation();
  else renderPass(pass());
}

function renderInvitation() {
  at("typing").hidden = Boolean(token);
  at("wechat").hidden = !/MicroMessenger/i.test(navigator.userAgent);
  at("complaint").hidden = !complaint;
  at("complaint").textContent = complaint && say(complaint);
  at("set-up").disabled = busy;
  at("set-up").textContent = say(busy ? "setting_up" : "set_up");
  at("back").hidden = !passes.length || busy;
}

function renderPass(each) {
  const dead = standing(each);
  renderPeople();
  at("name").textContent = each.name;
  at("live").hidden = Boolean(dead);
  at("dead").hidden = !dead;
  at("until").textContent = day(each.expiresAt);
  const off = Math.abs(offset());
  at("clock").hidden = off < CLOCK_MATTERS_MS;
  at("clock").textContent = say("clock", { span: span(off) });
  if (dead) {
    at("dead-say").textContent = say(dead);
    at("dead-do").textContent = say(`${dead}_do`);
    at("remove").textContent = say(sure ? "remove_sure" : "remove");
  }
}

function renderPeople() {
  at("people").hidden = passes.length < 2;
  at("people").replaceChildren(
    ...passes.map((each, index) => {
      const button = document.createElement("button");
      button.textContent = each.name;
      button.setAttribute("aria-pressed", String(each === pass()));
      button.addEventListener("click", () => choose(index));
      return button;
    }),
  );
}

function choose(index) {
  chosen = index;
  store.remember("chosen", String(index));
  sure = false;
  render();
  renew();
}

function span(ms) {
  return ms < 120000 ? say("seconds", { n: Math.round(ms / 1000) }) : say("minutes", { n: Math.round(ms / 60000) });
}

function two(number) {
  return String(number).padStart(2, "0");
}

function day(ms) {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

async function renew() {
  const shown = pass();
  if (!shown || making || at("show").hidden || standing(shown)) return;
  making = true;
  try {
    const seconds = Math.floor(now() / 1000);
    const code = await codeOf(shown.pass, shown.key, seconds);
    if (shown !== pass()) return;
    draw(at("code"), code);
    madeAt = now();
    // For whoever looks after this page, and for its tests.
    at("code").dataset.madeAt = String(seconds);
  } finally {
    making = false;
  }
  if (shown !== pass()) renew();
}

function tick() {
  if (!passes.length || document.hidden) return;
  const age = now() - madeAt;
  if (age >= RENEW_MS || age < 0) renew();
  const left = Math.max(0, Math.min(1, 1 - age / RENEW_MS));
  at("ring").setAttribute("stroke-dashoffset", String(RING * (1 - left)));
  at("left").textContent = String(Math.ceil((left * RENEW_MS) / 1000));
  const time = new Date(now());
  at("time").textContent = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  if (Date.now() - askedAt >= ASK_EVERY_MS) askHub();
  if (Boolean(standing(pass())) === at("dead").hidden) render();
}

async function askHub() {
  if (!passes.length) return;
  askedAt = Date.now();
  const before = offset();
  const revoked = await revokedAmong(passes.map((each) => each.serial).slice(0, 16));
  at("offline").hidden = revoked !== undefined;
  if (revoked === undefined) return;
  for (const each of passes) {
    if (each.revoked === revoked.includes(each.serial)) continue;
    each.revoked = !each.revoked;
    await store.keepPass(each);
  }
  render();
  if (Math.abs(offset() - before) > 1000) renew();
}

async function setUp() {
  const card = token || at("typed").value.trim();
  if (!card || busy) return;
  busy = true;
  complaint = "";
  render();
  try {
    await enrol(card);
    token = "";
    adding = false;
    at("typed").value = "";
    choose(passes.length - 1);
  } catch (cause) {
    complaint = cause instanceof Refused ? `why_${cause.why}` : "why_storage";
    if (!has(complaint)) complaint = "why_broken";
    // With a card that is worth nothing one may want to type another.
    if (["unknown", "used", "expired", "moved"].includes(cause.why)) {
      await store.dropPending(card);
      token = "";
      adding = passes.length > 0;
    }
  }
  busy = false;
  render();
  renew();
}

// The key is kept before it is sent: an answer that gets lost is asked for again, with the same key.
async function enrol(card) {
  const key = (await store.pendingOf(card))?.key ?? (await drawKey());
  await store.keepPending({ token: card, key });
  const answer = await fetchPass(card, key.public);
  await store.keepPass({
    serial: answer.serial,
    name: answer.name,
    compound: answer.compound,
    issuedAt: answer.issued_at,
    expiresAt: answer.expires_at,
    pass: answer.pass,
    key: key.private,
    revoked: false,
    keptAt: Date.now(),
  });
  await store.dropPending(card);
  passes = await store.passes();
  navigator.storage?.persist?.();
}

async function remove() {
  if (!sure) {
    sure = true;
    return render();
  }
  sure = false;
  await store.dropPass(pass().serial);
  passes = await store.passes();
  choose(0);
}

// Another tab may have fetched a pass or removed one meanwhile.
async function lookAgain() {
  const before = pass()?.serial;
  try {
    passes = await store.passes();
  } catch {
    return;
  }
  chosen = Number(store.recall("chosen")) || 0;
  render();
  if (pass()?.serial !== before) renew();
}

async function awake() {
  if (document.hidden) return;
  navigator.wakeLock?.request("screen").catch(() => {});
  renew();
  await lookAgain();
  askHub();
}

function listen() {
  at("language").addEventListener("click", () => {
    otherLanguage();
    render();
  });
  at("set-up").addEventListener("click", setUp);
  at("typed").addEventListener("keydown", (event) => event.key === "Enter" && setUp());
  at("renew").addEventListener("click", renew);
  at("remove").addEventListener("click", remove);
  at("add").addEventListener("click", () => {
    adding = true;
    render();
  });
  at("back").addEventListener("click", () => {
    adding = false;
    token = "";
    complaint = "";
    render();
    renew();
  });
  addEventListener("hashchange", () => {
    token = readToken() || token;
    render();
  });
  addEventListener("resize", renew);
  addEventListener("online", askHub);
  document.addEventListener("visibilitychange", awake);
}

async function start() {
  at("old").hidden = true;
  speak();
  listen();
  try {
    passes = await store.passes();
    token = token || (await store.pending())[0]?.token || "";
  } catch {
    complaint = "why_storage";
  }
  render();
  awake();
  setInterval(tick, 250);
  await navigator.serviceWorker?.register("/sw.js").catch(() => {});
}

start();
