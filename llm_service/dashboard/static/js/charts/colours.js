// One colour a name, everywhere and for good: a name keeps the slot it first got, in this browser, in every chart.

export const SLOTS = 8;
const KEY = "llm-service.colours";
const MOST = 400;

/** Colours by kind ("model", "agent", …). `storage` keeps them between visits; it may be forbidden. */
export function createColours(storage) {
  const kinds = read(storage);

  /** Slot 1 to 8 of a name. A new name takes the free slot nearest to its hash, else the one with the fewest names. */
  function slotOf(kind, name) {
    const slots = (kinds[kind] ??= new Map());
    if (!slots.has(name)) {
      slots.set(name, freeSlot([...slots.values()], hash(name)));
      if (slots.size > MOST) slots.delete(slots.keys().next().value);
      save(storage, kinds);
    }
    return slots.get(name);
  }
  return { slotOf };
}

function freeSlot(taken, start) {
  const uses = Array(SLOTS).fill(0);
  for (const slot of taken) uses[slot - 1] += 1;
  const least = Math.min(...uses);
  for (let step = 0; ; step += 1) if (uses[(start + step) % SLOTS] === least) return ((start + step) % SLOTS) + 1;
}

function hash(name) {
  let value = 2_166_136_261;
  for (const letter of name) value = Math.imul(value ^ letter.codePointAt(0), 16_777_619) >>> 0;
  return value % SLOTS;
}

function read(storage) {
  try {
    const found = Object.entries(JSON.parse(storage.getItem(KEY)) ?? {});
    const good = ([, slot]) => Number.isInteger(slot) && slot >= 1 && slot <= SLOTS;
    return Object.fromEntries(found.map(([kind, pairs]) => [kind, new Map(pairs.filter(good))]));
  } catch {
    return {};
  }
}

function save(storage, kinds) {
  try {
    storage.setItem(KEY, JSON.stringify(Object.fromEntries(Object.entries(kinds).map(([kind, slots]) => [kind, [...slots]]))));
  } catch {
    // Forbidden or full: the colours last as long as the page.
  }
}
