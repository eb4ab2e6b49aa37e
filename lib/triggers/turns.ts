/** Whose turn it is among the messages of a batch. */
export interface Turns {
  /** The first message that may be begun; undefined where none may. */
  take(): number | undefined;
  /** Lets the next of the group be begun, now that the one before it is done with. */
  passOn(group: string | undefined): void;
}

/** Messages in their order, of each group one at a time; those without a group wait for nobody. */
export function startTurns(messages: readonly { readonly group?: string }[]): Turns {
  const ready: number[] = [];
  /** Of each group, those behind the one whose turn it is. */
  const waiting = new Map<string, number[]>();
  messages.forEach(({ group }, index) => {
    const behind = group === undefined ? undefined : waiting.get(group);
    if (behind) {
      behind.push(index);
      return;
    }
    ready.push(index);
    if (group !== undefined) waiting.set(group, []);
  });
  return {
    take: () => ready.shift(),
    passOn: (group) => {
      const next = group === undefined ? undefined : waiting.get(group)?.shift();
      if (next === undefined) return;
      const place = ready.findIndex((index) => index > next);
      ready.splice(place === -1 ? ready.length : place, 0, next);
    },
  };
}
