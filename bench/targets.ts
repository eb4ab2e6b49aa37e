import type { CaseFigures } from './measure.ts';

export interface Target {
  readonly name: string;
  readonly value: number;
  readonly bound: number;
  readonly reached: boolean;
}

/** What is to be reached, from the figures of one function. */
export function judge({ floor, ours, naive }: CaseFigures): Target[] {
  return [
    target('load / naive', ours.loadMs / naive.loadMs, 0.35),
    target('first answer / naive', ours.firstAnswerMs / naive.firstAnswerMs, 0.55),
    target('first answer / floor', ours.firstAnswerMs / floor.firstAnswerMs, 1.6),
    target('warm p50 / floor', ours.warmP50Ms / floor.warmP50Ms, 1.3),
    target('calls of warm answers besides the lookups', ours.otherCalls, 0),
  ];
}

function target(name: string, value: number, bound: number): Target {
  return { name, value, bound, reached: value <= bound };
}
