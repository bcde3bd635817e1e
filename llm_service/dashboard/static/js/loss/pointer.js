// The hands on a loss drawing: pointing reads, dragging, the wheel and keys zoom. Works in pixels of the drawing; what a
// pixel means is the element's business.

const DRAG_PX = 6;
const WHEEL = 1.2;

/**
 * Listen on `host` over `canvas`. `on` holds read(px | null), pick(from, to | null) while dragging, zoom(from, to), scale(factor, px),
 * reset(), walk(steps, whole), and area() → {left, right}.
 */
export function watchPointer(host, canvas, on) {
  let began = null;
  const at = (event) => event.clientX - canvas.getBoundingClientRect().left;
  const within = (px) => Math.min(on.area().right, Math.max(on.area().left, px));

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || at(event) < on.area().left) return;
    began = within(at(event));
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (began !== null && Math.abs(at(event) - began) > DRAG_PX) on.pick(began, within(at(event)));
    on.read(at(event));
  });
  canvas.addEventListener("pointerup", (event) => {
    const [from, to] = [began, within(at(event))];
    began = null;
    on.pick(null, null);
    if (from !== null && Math.abs(to - from) > DRAG_PX) on.zoom(Math.min(from, to), Math.max(from, to));
  });
  canvas.addEventListener("pointercancel", () => {
    began = null;
    on.pick(null, null);
  });
  canvas.addEventListener("pointerleave", () => began === null && on.read(null));
  canvas.addEventListener("dblclick", () => on.reset());
  // The page scrolls as ever, unless the drawing has been chosen or the wheel is meant for it.
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
    event.preventDefault();
    on.scale(event.deltaY < 0 ? 1 / WHEEL : WHEEL, within(at(event)));
  }, { passive: false });
  canvas.addEventListener("blur", () => on.read(null));
  canvas.addEventListener("keydown", (event) => key(event, on));
}

function key(event, on) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const does = {
    ArrowLeft: () => on.walk(event.shiftKey ? -20 : -1), ArrowRight: () => on.walk(event.shiftKey ? 20 : 1),
    Home: () => on.walk(-Infinity), End: () => on.walk(Infinity),
    "+": () => on.scale(1 / 2, null), "=": () => on.scale(1 / 2, null), "-": () => on.scale(2, null), Escape: () => on.reset(),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}
