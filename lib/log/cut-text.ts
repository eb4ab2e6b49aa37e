/**
 * The text with at most `length` characters (code points). An ellipsis takes the place of what is cut off; no character
 * that several code points make up is split.
 */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  // A character has two code units at most.
  const points = Array.from(text.slice(0, 2 * length + 1));
  if (points.length <= length) return text;
  const graphemes = [...new Intl.Segmenter('en').segment(points.slice(0, length).join(''))];
  const last = graphemes.at(-1)?.index ?? 0;
  const kept = last > 0 ? points.join('').slice(0, last) : points.slice(0, length - 1).join('');
  return `${kept}…`;
}
