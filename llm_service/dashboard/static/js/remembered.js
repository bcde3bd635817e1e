// What is worked out again only when something it was made of has changed.

/** `make`, with its last answer kept while every argument is the same object. */
export function remembered(make) {
  let before = null;
  let answer;
  return (...args) => {
    if (!before || args.length !== before.length || args.some((value, i) => value !== before[i])) [before, answer] = [args, make(...args)];
    return answer;
  };
}
