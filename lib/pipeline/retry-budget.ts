/** Retries that a dead vendor gets from one process before every call has a single attempt. */
const CAPACITY = 10;
/** An answer gives back this part of a retry, so that in the long run retries are at most a fifth of the traffic. */
const REFUND = 0.2;

export interface RetryBudget {
  /** Takes one retry; false when none is left. */
  take(): boolean;
  refund(): void;
}

export interface RetryBudgets {
  /** The budget of the vendor at this URL's origin. */
  of(url: string): RetryBudget;
}

/** Keeps a dead vendor from a storm of retries. */
export function createRetryBudgets(): RetryBudgets {
  const budgets = new Map<string, RetryBudget>();
  return {
    of: (url) => {
      const { origin } = new URL(url);
      const budget = budgets.get(origin) ?? createBudget();
      budgets.set(origin, budget);
      return budget;
    },
  };
}

function createBudget(): RetryBudget {
  let left = CAPACITY;
  return {
    take: () => {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
    refund: () => {
      left = Math.min(CAPACITY, left + REFUND);
    },
  };
}
