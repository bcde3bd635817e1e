// The part of the address after # never reaches the server: without this a shared link to a task would lose it.
const next = document.querySelector("input[name=next]");
if (next && location.hash && location.pathname !== "/login") {
  next.value += location.hash;
}
