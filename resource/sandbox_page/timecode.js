/** Timecodes: hours:minutes:seconds:frames, with `;` before the frames where frame numbers are dropped (29.97, 59.94). */

const WRITTEN = /^(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$/;

function baseOf(rate) {
  return Math.max(1, Math.round(rate));
}

/** Frame numbers left out at the start of each minute that is no tenth. */
function droppedPerMinute(base) {
  return Math.round(base / 15);
}

/** A written timecode as a count of frames from midnight, or null if it is none at this rate. */
export function readTimecode(text, rate) {
  const [, hours, minutes, seconds, mark, frames] = WRITTEN.exec(String(text ?? "").trim()) ?? [];
  if (hours === undefined) return null;
  const base = baseOf(rate);
  if (Number(frames) >= base || Number(seconds) > 59 || Number(minutes) > 59) return null;
  const whole = Number(hours) * 60 + Number(minutes);
  const drop = mark !== ":" && base % 30 === 0;
  const left = drop ? droppedPerMinute(base) * (whole - Math.floor(whole / 10)) : 0;
  return { frame: (whole * 60 + Number(seconds)) * base + Number(frames) - left, drop };
}

/** The timecode `frame` frames behind a start; the day begins anew at midnight. */
export function timecodeAt({ frame: start, drop }, frame, rate) {
  const base = baseOf(rate);
  const dropped = drop ? droppedPerMinute(base) : 0;
  const day = 24 * 6 * (600 * base - 9 * dropped);
  const count = withDropped((((start + frame) % day) + day) % day, base, dropped);
  const seconds = Math.floor(count / base);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits);
  return `${parts.join(":")}${drop ? ";" : ":"}${twoDigits(count % base)}`;
}

function withDropped(count, base, dropped) {
  if (!dropped) return count;
  const tenMinutes = 600 * base - 9 * dropped;
  const rest = count % tenMinutes;
  const minutes = rest < 60 * base ? 0 : 1 + Math.floor((rest - 60 * base) / (60 * base - dropped));
  return count + dropped * (9 * Math.floor(count / tenMinutes) + minutes);
}

function twoDigits(part) {
  return String(part).padStart(2, "0");
}
