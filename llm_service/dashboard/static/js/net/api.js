// Questions to the server over HTTP. An answer is data, or an error that says what happened in one sentence.

export class ApiError extends Error {
  /** `body` is what the server said besides the sentence: fields that are wrong, keys to choose from. */
  constructor(status, text, body = null) {
    super(text);
    this.status = status;
    this.body = body;
  }
}

/** GET an address as JSON. Throws ApiError; status 0 means that nobody answered. */
export async function getJson(address, { signal } = {}) {
  let response;
  try {
    response = await fetch(address, { headers: { Accept: "application/json" }, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  return readJson(response);
}

/** The JSON of a response, or the error it stands for. */
export async function readJson(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON: a proxy's page, or a body that was cut off. The status tells the rest.
  }
  if (response.ok && body) return body;
  if (response.status === 401) throw new ApiError(401, "You are not logged in.");
  throw new ApiError(response.status, body?.error ?? `The server answered ${response.status}.`, body);
}
