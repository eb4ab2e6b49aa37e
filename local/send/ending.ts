/** How a message came to its end. */
export interface Ending {
  readonly kind: EndingKind;
  /** JSON of one line; without one there is no result. */
  readonly result?: string;
  /** Why there is no result. */
  readonly reason?: string;
}

export type EndingKind = 'answered' | 'failed' | 'dead-lettered' | 'without a result';

/** What a sender tells while it waits. */
export interface Listener {
  end(ending: Ending): void;
  /** Something that people want to know meanwhile. */
  note(text: string): void;
}

/** `3 messages: 2 answered, 1 failed, 0 dead-lettered` */
export function summarize(endings: readonly Ending[]): string {
  const count = (kind: EndingKind) => endings.filter((ending) => ending.kind === kind).length;
  const parts = [
    `${count('answered')} answered`,
    `${count('failed')} failed`,
    `${count('dead-lettered')} dead-lettered`,
  ];
  const lost = count('without a result');
  if (lost > 0) parts.push(`${lost} without a result`);
  return `${messages(endings.length)}: ${parts.join(', ')}`;
}

export const messages = (count: number) => `${count} message${count === 1 ? '' : 's'}`;
