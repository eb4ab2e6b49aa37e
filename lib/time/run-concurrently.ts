/**
 * Works on items side by side, so many at a time, in the order in which they are given.
 * @param take the next item, undefined where there is none now. A worker ends then: what gives a new item later must itself
 * be at work on one
 */
export async function runConcurrently<Item>(
  maxConcurrency: number,
  take: () => Item | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const worker = async () => {
    for (let item = take(); item !== undefined; item = take()) await work(item);
  };
  await Promise.all(Array.from({ length: maxConcurrency }, worker));
}
