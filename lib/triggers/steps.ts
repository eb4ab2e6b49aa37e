import { Problem } from '../problem.ts';

/** So many steps take a fraction of a second, and many more than the paths of a mapping need for the longest message. */
const MAX_STEPS = 1_000_000;

/** The steps that the mapping of one message may still take. To look at a value is one. */
export interface Steps {
  left: number;
}

export function startSteps(): Steps {
  return { left: MAX_STEPS };
}

/** @throws Problem `invalid-input` where none is left */
export function take(steps: Steps, count = 1): void {
  steps.left -= count;
  if (steps.left >= 0) return;
  const detail = `The mapping of this message takes more than ${MAX_STEPS} steps. Send a smaller message, or write simpler paths in eventMapping.`;
  throw new Problem('invalid-input', detail);
}
