// How numbers, times and names are written, the same everywhere.

let offset = 0;
let still = null;

/** Takes the tenant's clock: it runs with this machine's where the tenant is live, and stands still for a history. */
export function setClock(now, live) {
  const said = Date.parse(now);
  offset = said - Date.now();
  still = live ? null : said;
}

export const clock = () => still ?? Date.now() + offset;
export const stands = () => still !== null;

const two = (number) => String(number).padStart(2, "0");

/** A span of seconds in its two largest units. */
export function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days >= 365) return `${(days / 365.25).toFixed(1)} years`;
  if (days >= 100) return `${days} d`;
  if (days) return `${days} d ${two(hours)} h`;
  if (hours) return `${hours} h ${two(minutes)} m`;
  return `${minutes}:${two(whole % 60)}`;
}

/** What is left until an instant; negative once it has passed. */
export function left(instant) {
  const seconds = (Date.parse(instant) - clock()) / 1000;
  return { seconds, text: (seconds < 0 ? "−" : "") + span(seconds) };
}

export function ago(instant) {
  const seconds = (clock() - Date.parse(instant)) / 1000;
  return seconds < 0 ? `in ${span(seconds)}` : seconds < 60 ? "just now" : `${span(seconds)} ago`;
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const MINUTE = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });

export function day(instant) {
  const said = new Date(instant);
  return (said.getFullYear() === new Date(clock()).getFullYear() ? DAY : YEAR).format(said);
}
const UTC_DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const UTC_MONTH = new Intl.DateTimeFormat(undefined, { month: "short", timeZone: "UTC" });
/** A day as days from 1970-01-01, which is the same day for every reader; a month by its first day. */
export const dayNumbered = (number) => UTC_DAY.format(new Date(number * 86_400_000));
export const month = (date) => UTC_MONTH.format(new Date(date));
export const minute = (instant) => MINUTE.format(new Date(instant));

export const whole = (number) => (number ?? 0).toLocaleString();
export const several = (number, one, more = `${one}s`) => `${whole(number)} ${number === 1 ? one : more}`;
export const percent = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(0)} %`);

/** Signed, with two digits however large, so that what is added up can be read off and stands in line. */
export function amount(number) {
  const size = Math.abs(number).toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return (number < 0 ? "−" : "+") + size;
}
export const plain = (number) => amount(number).replace("+", "");

export function money(minor, currency) {
  if (minor === null || minor === undefined) return "–";
  try {
    const written = new Intl.NumberFormat(undefined, { style: "currency", currency: currency || "EUR" });
    const digits = written.resolvedOptions().maximumFractionDigits;
    return new Intl.NumberFormat(undefined, { style: "currency", currency: currency || "EUR", maximumFractionDigits: 0 }).format(minor / 10 ** digits);
  } catch {
    return `${whole(minor / 100)} ${currency ?? ""}`;
  }
}

const CLOCKS = {
  first_response: "First response",
  next_response: "Next response",
  resolution: "Resolution",
  requester_wait: "Requester's wait",
  agent_work: "Experts' work",
  periodic_update: "Next update",
  pausable_update: "Next update, unless pending",
  internal: "Group's time",
  supplier: "Supplier's time",
};
export const clockName = (name) => CLOCKS[name] ?? words(name);
export const words = (name) => (name ?? "").replaceAll("_", " ").replaceAll(".", " ");
/** A reason as people say it; a word out of a text is left as it is. */
export const reason = (label) => (label.startsWith("attribute:") ? label.slice(10).replaceAll("_", " ") : label);
/** What speaks most for it, in words: the strongest reasons that somebody could do something about. */
export function mainly(terms, most = 3) {
  return (terms ?? []).filter(([label, by]) => by > 0.05 && !/how common|days instead|smaller reasons|not yet sure|before anything/.test(label))
    .sort((one, other) => other[1] - one[1]).slice(0, most).map(([label]) => reason(label));
}
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** How pressing a promise is: broken, soon (an hour, or a tenth of its time), or calm. */
export function pressing(row) {
  if (row.state === "breached") return "broken";
  const seconds = left(row.due_at).seconds;
  if (seconds < 0) return "broken";
  return seconds < Math.max(3600, row.target_seconds / 10) ? "soon" : "calm";
}

export const band = (score) => (score >= 70 ? "healthy" : score >= 40 ? "watch" : "risk");
export const BANDS = [[70, "healthy"], [40, "watch"], [0, "at risk"]];
/** Bands with how they look: the highest healthy, the lowest at risk. */
export const looks = (bands) => bands.map(([edge, name], place) => [edge, name, place === 0 ? "healthy" : place === bands.length - 1 ? "risk" : "watch"]);

/** The rhythm of everything that counts down. */
export function tick(root = document) {
  for (const element of root.querySelectorAll("[data-due]")) {
    const { text, seconds } = left(element.dataset.due);
    if (element.textContent !== text) element.textContent = text;
    const row = element.closest("[data-pressing]");
    if (row && row.dataset.pressing !== "broken" && !stands()) {
      const now = seconds < 0 ? "broken" : seconds < Math.max(3600, Number(row.dataset.target) / 10) ? "soon" : "calm";
      if (row.dataset.pressing !== now) row.dataset.pressing = now;
    }
  }
  for (const element of root.querySelectorAll("[data-ago]")) {
    const text = ago(element.dataset.ago);
    if (element.textContent !== text) element.textContent = text;
  }
}
