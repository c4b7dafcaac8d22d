// Base45 (RFC 9285): bytes in the 45 characters that a QR code packs tightest.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

export function base45(content) {
  let text = "";
  for (let at = 0; at + 1 < content.length; at += 2) {
    const value = content[at] * 256 + content[at + 1];
    text += ALPHABET[value % 45] + ALPHABET[Math.floor(value / 45) % 45] + ALPHABET[Math.floor(value / 2025)];
  }
  if (content.length % 2) {
    const value = content[content.length - 1];
    text += ALPHABET[value % 45] + ALPHABET[Math.floor(value / 45)];
  }
  return text;
}
