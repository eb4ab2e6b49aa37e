/**
 * Two walks of a hundred pages. Without a bound, one request with a batch of messages could make thousands to the vendor.
 */
const FURTHER_PAGES = 200;

/** The pages behind the first one of a walk that all messages of one invocation may ask for, together. */
export interface PageBudget {
  left(): number;
  /** Takes one page; false where none is left. */
  take(): boolean;
}

export function startPageBudget(): PageBudget {
  let left = FURTHER_PAGES;
  return {
    left: () => left,
    take: () => {
      if (left === 0) return false;
      left -= 1;
      return true;
    },
  };
}
