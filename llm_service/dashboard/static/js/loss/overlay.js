// What lies over a loss drawing and moves with the pointer: a hair line, dots, the box that reads, the part being picked.
// Plain elements moved by transforms, so that pointing costs no drawing.

const GAP = 14;

/** Put the elements into `host`. */
export function createOverlay(host) {
  const make = (className, tag = "div") => host.appendChild(Object.assign(document.createElement(tag), { className, hidden: true }));
  const hair = make("loss-hair");
  const picked = make("loss-pick");
  const box = make("loss-tip");
  const said = make("sr-only", "p");
  said.hidden = false;
  said.setAttribute("role", "status");
  for (const part of [hair, picked, box]) part.setAttribute("aria-hidden", "true");
  const dots = [];

  function dotAt(index) {
    dots[index] ??= make("loss-dot");
    return dots[index];
  }

  return {
    say: (text) => (said.textContent = text),
    hide() {
      for (const part of [hair, box, ...dots]) part.hidden = true;
    },
    /** A hair line at `x`, a dot a line, and the box filled by `fill`, on the side that has room. */
    show(x, { left, right, top, bottom }, places, fill) {
      hair.hidden = x < left - 1 || x > right + 1;
      Object.assign(hair.style, { transform: `translate(${Math.round(x)}px, ${top}px)`, height: `${bottom - top}px` });
      for (let i = 0; i < Math.max(dots.length, places.length); i += 1) {
        const place = places[i];
        dotAt(i).hidden = !place || place.x < left - 1 || place.x > right + 1 || place.y < top - 1 || place.y > bottom + 1;
        if (!place) continue;
        dots[i].dataset.slot = place.slot;
        dots[i].style.transform = `translate(${place.x}px, ${place.y}px)`;
      }
      fill(box);
      box.hidden = false;
      const { offsetWidth: width, offsetHeight: height } = box;
      const beside = x + GAP + width <= host.clientWidth ? x + GAP : Math.max(0, x - GAP - width);
      box.style.transform = `translate(${Math.round(beside)}px, ${Math.round(Math.max(0, Math.min(top + 8, host.clientHeight - height)))}px)`;
    },
    /** The part between two pixels is being picked; null ends it. */
    pick(from, to, area) {
      picked.hidden = from === null || !area;
      if (picked.hidden) return;
      Object.assign(picked.style, { transform: `translate(${Math.min(from, to)}px, ${area.top}px)`, width: `${Math.abs(to - from)}px`, height: `${area.bottom - area.top}px` });
    },
  };
}
