import type { Clock } from './clock.ts';

/**
 * Milliseconds until an end that another instance has told in wall time; 0 once it has passed.
 * @param name of what ends
 * @param longestMs the longest time that our code sets for it
 */
export type MsUntil = (name: string, epochMs: number, longestMs: number) => number;

/**
 * Ends that instances tell one another: of a lease, of a pause, of a slot. The clock of the one or of the other may be set at
 * any time. So an instance reckons by the wall clock only when it first sees an end, believes no more than the longest time
 * that our code sets, and goes by its monotonic clock from then on.
 */
export function createMsUntil(clock: Clock): MsUntil {
  const seen = new Map<string, { readonly epochMs: number; readonly endsAt: number }>();
  return (name, epochMs, longestMs) => {
    const now = clock.monotonic();
    const known = seen.get(name);
    if (known?.epochMs === epochMs) return Math.max(0, known.endsAt - now);
    const left = Math.min(Math.max(0, epochMs - clock.now()), longestMs);
    seen.set(name, { epochMs, endsAt: now + left });
    return left;
  };
}
