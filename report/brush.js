// Drag along an axis to keep the designs that pass there; click it to let go.
(function () {
  const svg = document.getElementById("strands");
  if (!svg) return;
  const strands = [...svg.querySelectorAll(".strand")].map(e => ({ e, at: e.dataset.at.split(",").map(Number) }));
  const dots = document.querySelectorAll("#designs [data-design]");
  const kept = new Map();
  const place = ev => {
    const p = new DOMPoint(ev.clientX, ev.clientY).matrixTransform(svg.querySelector("svg").getScreenCTM().inverse());
    return p.y;
  };
  function show() {
    const out = new Set();
    let n = 0;
    for (const s of strands) {
      const off = [...kept].some(([axis, [a, b]]) => s.at[axis] < a || s.at[axis] > b);
      s.e.classList.toggle("off", off);
      if (off) out.add(s.e.dataset.design); else n++;
    }
    for (const d of dots) d.classList.toggle("off", out.has(d.dataset.design));
    document.getElementById("kept").textContent = kept.size ? n + " of " + strands.length + " designs kept" : "";
  }
  for (const handle of svg.querySelectorAll(".handle")) {
    const axis = Number(handle.dataset.axis), band = svg.querySelector('.band[data-axis="' + axis + '"]');
    let from = null;
    const draw = (a, b) => { band.setAttribute("y", a); band.setAttribute("height", Math.max(0, b - a)); };
    handle.addEventListener("pointerdown", ev => { from = place(ev); handle.setPointerCapture(ev.pointerId); });
    handle.addEventListener("pointermove", ev => {
      if (from === null) return;
      const to = place(ev), a = Math.min(from, to), b = Math.max(from, to);
      if (b - a < 3) kept.delete(axis); else kept.set(axis, [a, b]);
      draw(a, b - a < 3 ? a : b);
      show();
    });
    handle.addEventListener("pointerup", ev => {
      if (Math.abs(place(ev) - from) < 3) { kept.delete(axis); draw(0, 0); show(); }
      from = null;
    });
  }
})();
