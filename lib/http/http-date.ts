/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC850 =
  /^(?<day>Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day, (?<date>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>[\d:]{8}) GMT$/;
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = /^(?<day>[A-Z][a-z]{2}) (?<month>[A-Z][a-z]{2}) (?<date>[ \d]\d) (?<time>[\d:]{8}) (?<year>\d{4})$/;

/**
 * Epoch milliseconds of an HTTP-date in one of its three forms (RFC 9110, 5.6.7). Undefined for anything else, which
 * `Date.parse` would read as some date: `2.5` as one of 2001.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const fixdate = toFixdate(text, now);
  const at = Date.parse(fixdate);
  return /^.{5}\d\d .{3} \d{4} /.test(fixdate) && new Date(at).toUTCString() === fixdate ? at : undefined;
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`, where the text has another form. */
function toFixdate(text: string, now: number): string {
  const parts = (RFC850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (!parts) return text;
  const { day = '', date = '', month, year = '', time } = parts;
  return `${day.slice(0, 3)}, ${date.replace(' ', '0')} ${month} ${inFull(year, now)} ${time} GMT`;
}

/** Two digits of a year that would be more than 50 years ahead are those of the last century (RFC 9110, 5.6.7). */
function inFull(year: string, now: number): string {
  if (year.length === 4) return year;
  const thisYear = new Date(now).getUTCFullYear();
  const candidate = thisYear - (thisYear % 100) + Number(year);
  return String(candidate > thisYear + 50 ? candidate - 100 : candidate);
}
