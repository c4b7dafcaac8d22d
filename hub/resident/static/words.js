// Every text of the page, Chinese first. Elements name theirs in data-text.

import { recall, remember } from "./store.js";

const WORDS = {
  title: ["通行证", "Gate pass"],
  other: ["English", "中文"],
  show: ["请将此码对准门口的镜头", "Show this to the gate’s camera"],
  fresh: ["每 30 秒换码\n截图无效", "Renews itself\nA photo fails"],
  renew: ["换一张码", "New code"],
  bright: ["扫不上？请把屏幕调到最亮，擦净屏幕。", "Not read? Turn the brightness up and wipe the screen."],
  until: ["有效期至", "Valid until"],
  offline: ["没有网络也能用", "Works without a network"],
  add: ["添加家人", "Add a person"],
  back: ["返回", "Back"],
  clock: ["手机时间不准（相差 {span}）。通行码已自动校正；请在设置里打开“自动设置时间”。",
    "This phone’s clock is off by {span}. The code is corrected for it; please set the clock to automatic."],
  minutes: ["{n} 分钟", "{n} min"],
  seconds: ["{n} 秒", "{n} s"],
  expired: ["通行证已过期", "This pass has expired"],
  expired_do: ["请向社区要一张新的开通卡，再扫一次。", "Ask the community office for a new card and scan it."],
  revoked: ["通行证已作废", "This pass was withdrawn"],
  revoked_do: ["可能已在另一部手机上开通。有疑问请联系社区。",
    "It may have been moved to another phone. If in doubt, call the community office."],
  remove: ["从手机上移除", "Remove from this phone"],
  remove_sure: ["再点一次，确定移除", "Tap again to remove"],
  welcome: ["手机通行证", "Your pass on this phone"],
  invite: ["把通行证装进这部手机，以后进出大门出示手机就行，没有网络也能用。",
    "Put your pass on this phone. Show the phone at the gate from then on, even without a network."],
  set_up: ["开通", "Set up"],
  setting_up: ["正在开通…", "Setting up…"],
  type: ["没有扫卡？请输入卡上的 16 位字母和数字：", "No camera? Type the 16 letters and digits on the card:"],
  get_card: ["还没有开通卡？请带身份证到社区办公室领取。", "No card yet? The community office gives you one; bring your ID card."],
  wechat: ["请点右上角“…”，选“在浏览器打开”，再开通。", "Tap “…” at the top right and choose “Open in browser” first."],
  why_unknown: ["没有这张卡。请检查输入，或向社区要一张新卡。", "No such card. Check what you typed, or ask the office for a new one."],
  why_used: ["这张卡已在别的手机上用过。请向社区要一张新卡。", "This card was used on another phone. Ask the office for a new one."],
  why_expired: ["这张卡已过期。请向社区要一张新卡。", "This card is too old. Ask the office for a new one."],
  why_moved: ["名册上已没有此人。请联系社区。", "This person is no longer on the list. Please call the office."],
  why_too_many: ["试得太多了，请 5 分钟后再试。", "Too many attempts. Try again in 5 minutes."],
  why_unreachable: ["连不上社区的主机。请检查网络，再点一次“开通”。",
    "The community’s server cannot be reached. Check the network and tap “Set up” again."],
  why_broken: ["社区的主机出了错，请稍后再试。", "The community’s server made an error. Try again later."],
  why_storage: ["这个浏览器不能保存通行证。请换系统自带的浏览器，不要用无痕模式。",
    "This browser cannot keep the pass. Use the phone’s own browser, not a private window."],
};

let language = recall("language") === "en" ? 1 : 0;

export function say(key, values = {}) {
  return WORDS[key][language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function has(key) {
  return key in WORDS;
}

export function otherLanguage() {
  language = 1 - language;
  remember("language", language ? "en" : "zh");
  speak();
}

// Put the texts into the page.
export function speak() {
  document.documentElement.lang = language ? "en" : "zh-CN";
  document.title = say("title");
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = say(each.dataset.text);
}
