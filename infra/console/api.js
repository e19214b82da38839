// Everything that is asked of the server. The key stays in this tab and travels in a header only.

const KEY = "millrace.key";
const TENANT = "millrace.tenant";

export class Problem extends Error {
  constructor(status, title, detail) {
    super(title);
    Object.assign(this, { status, title, detail });
  }
}

/** Takes the key out of the address, where `millrace serve` puts it, and removes it from there. */
export function takeKey() {
  const found = /^#token=([^&]+)(?:&(.*))?$/.exec(location.hash);
  if (!found) return;
  sessionStorage.setItem(KEY, decodeURIComponent(found[1]));
  history.replaceState(null, "", `${location.pathname}#${found[2] ?? "/"}`);
}

export const hasKey = () => Boolean(sessionStorage.getItem(KEY));
export const setKey = (key) => sessionStorage.setItem(KEY, key);
export const dropKey = () => sessionStorage.removeItem(KEY);
export const tenant = () => sessionStorage.getItem(TENANT);
export const setTenant = (name) => sessionStorage.setItem(TENANT, name);

function headers() {
  const said = { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` };
  if (tenant()) said["X-Millrace-Tenant"] = tenant();
  return said;
}

async function answered(path, more = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...more, headers: { ...headers(), ...more.headers }, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "The server does not answer", "Is `millrace serve` still running? This page goes on trying.");
  }
  if (answer.ok) return answer;
  let said = {};
  try {
    said = await answer.json();
  } catch { /* not ours: the status has to do */ }
  throw new Problem(answer.status, said.title ?? `Error ${answer.status}`, said.detail ?? "");
}

export async function ask(path, signal) {
  return (await answered(path, { signal })).json();
}

export const path = (kind, id) => `v1/${kind}/${id.split("/").map(encodeURIComponent).join("/")}`;

/** Follows changing facts for as long as the signal lets it: `told(kind, fact)` and `state("live" | "lost", seconds)`. */
export async function follow(told, state, signal) {
  let last = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await answered("v1/changes", { signal, headers: last ? { "Last-Event-ID": last } : {} });
      failures = 0;
      state("live");
      for await (const event of events(answer.body)) {
        if (event.id) last = event.id;
        if (event.data) told(event.event, JSON.parse(event.data));
      }
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") return;
      if (error.status === 401 || error.status === 403) return state("refused", error);
    }
    const seconds = Math.min(30, 2 ** failures++);
    state("lost", seconds);
    await new Promise((done) => setTimeout(done, seconds * 1000));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = {};
      for (const line of text.slice(0, end).split("\n")) {
        const colon = line.indexOf(":");
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
      }
      text = text.slice(end + 2);
      yield event;
    }
  }
}
