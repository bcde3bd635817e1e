// Steps before the first and after the last of a curve that were made and never seen. Pure.

/** The part of a curve that stands for steps of which nobody knows how many they were. */
const UNKNOWN = 0.1;

/**
 * The curve with `edges` [{from, to, open}]: before its first step where that is not the beginning, and after its last where
 * it was `cut`; `until` is how far others like it went. The same curve where there are none.
 */
export function withEdges(curve, { cut, until }) {
  const { first_step: first, last_step: last, count } = curve?.facts ?? {};
  if (!count) return curve;
  // Of a single step nobody can say whether it is the tenth because each tenth is logged.
  const stride = count > 1 ? (last - first) / (count - 1) : first;
  const edges = [];
  if (first > Math.max(1, 1.5 * stride)) edges.push({ from: 0, to: first, open: false });
  if (cut) edges.push({ from: last, to: until > last ? until : last + Math.max(1, Math.round(UNKNOWN * last)), open: true });
  return edges.length ? { ...curve, edges } : curve;
}

/** What is said of an edge. */
export function edgeWords({ from, to, open }, steps) {
  return open ? `was seen after step ${steps(from)}` : `was seen before step ${steps(to)}`;
}
