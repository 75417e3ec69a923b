/** How values read on the page. */

const SIZES = ["B", "KB", "MB", "GB", "TB"];

export function bytes(size) {
  if (!Number.isFinite(size) || size <= 0) return "";
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return `${value.toFixed(power && value < 10 ? 1 : 0)} ${SIZES[power]}`;
}

export function versionNumber(version) {
  return `v${String(version ?? 0).padStart(3, "0")}`;
}

export function versionName(version) {
  return `${version.asset?.name ?? "version"} ${versionNumber(version.version)}`;
}

export function personName(user) {
  if (!user) return "";
  return [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username || "";
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayWithYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function shortDate(date, now = new Date()) {
  if (!date) return "";
  if (date.toDateString() === now.toDateString()) return clockFormat.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayFormat : dayWithYear).format(date);
}

export function fullDate(date) {
  return date ? fullFormat.format(date) : "";
}

const preciseFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

export function preciseTime(date) {
  return preciseFormat.format(date);
}

/** Remaining time, as coarse as it is certain. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** `[1001, 1002, 1005]` → `1001-1002, 1005`. */
export function ranges(numbers) {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts = [];
  for (const number of sorted) {
    const last = parts.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

const NTSC = [24000 / 1001, 30000 / 1001, 48000 / 1001, 60000 / 1001, 120000 / 1001];
/** A written 23.976 means 24000/1001: over a long clip the rounding would be seen. */
export function exactRate(rate) {
  const number = typeof rate === "string" && rate.includes("/") ? fraction(rate) : Number(rate);
  if (!Number.isFinite(number) || number <= 0) return null;
  return NTSC.find((exact) => Math.abs(exact - number) < 0.006) ?? number;
}

function fraction(text) {
  const [over, under] = text.split("/").map(Number);
  return over / under;
}

export function rateText(rate) {
  return rate ? `${Number(rate.toFixed(3))} fps` : "";
}
