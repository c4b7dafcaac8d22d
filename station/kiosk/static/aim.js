// What the camera sees of a code: a frame around it in the preview, and the colour that a health code seems to have.
const OUTWARDS = 0.06;

/** A frame around the code that the camera sees: full when it is read, broken while it cannot be. */
export function drawAim(brush, view, width, height) {
  const corners = view?.aim?.corners ?? [];
  if (!corners.length) return;
  const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
  brush.beginPath();
  // A little outside of the code, whose margin is as white as a frame might be.
  for (const [x, y] of corners) brush.lineTo((x + (x - middle[0]) * OUTWARDS) * width, (y + (y - middle[1]) * OUTWARDS) * height);
  brush.closePath();
  const wide = Math.max(4, width / 100);
  stroke(brush, "#000000", wide * 1.8, []);
  stroke(brush, view.aim.hint ? "#ffb000" : "#19c37d", wide, view.aim.hint ? [width / 40, width / 60] : []);
}

function stroke(brush, colour, wide, dashes) {
  brush.lineWidth = wide;
  brush.setLineDash(dashes);
  brush.strokeStyle = colour;
  brush.stroke();
}

/** A patch of that colour beside the words, which say the same: "green", "yellow" or "red". */
export function swatch(looks) {
  const patch = document.createElement("i");
  patch.className = "swatch";
  patch.dataset.looks = looks;
  return patch;
}
