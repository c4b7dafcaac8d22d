// Draws a code as large as the screen allows, in whole device pixels, so that no edge is blurred.

import { encode } from "./uqr-0.1.3.js";

const QUIET = 4;

export function draw(canvas, code) {
  const { data, size } = encode(code, { ecc: "M", border: QUIET });
  const available = canvas.parentElement.clientWidth * devicePixelRatio;
  const scale = Math.max(1, Math.floor(available / size));
  canvas.width = canvas.height = size * scale;
  canvas.style.width = `${canvas.width / devicePixelRatio}px`;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  data.forEach((row, y) => row.forEach((dark, x) => dark && pen.fillRect(x * scale, y * scale, scale, scale)));
}
