// Changes over HTTP: what is sent is JSON, what comes back is data or an ApiError with one sentence and the answer's body.
import { ApiError, readJson } from "./api.js";

/** Send `body` to an address; the answer's JSON. Status 0 means that nobody answered. */
export async function send(method, address, body) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  let response;
  try {
    response = await fetch(address, { method, headers, body: body ? JSON.stringify(body) : undefined });
  } catch {
    throw new ApiError(0, "The server does not answer.");
  }
  return readJson(response);
}
