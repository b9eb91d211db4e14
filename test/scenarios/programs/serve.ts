/** One question, one answer, in order; a program that throws dies, and whoever started it learns so. */
export function serve<Question>(answer: (question: Question) => unknown): void {
  process.on("message", async (question: Question) => {
    const answered = await answer(question);
    process.send?.(answered ?? "done");
  });
  process.on("disconnect", () => process.exit()); // whoever started it is gone
}
