/** Does all the work, so many at a time. @returns what it gave, in the order of `items`; rejects with the first failure, once all is at rest */
export async function inParallel<Item, Result>(
  count: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: count }, worker));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return results;
}
