/** `npm run soak`: not only the telling cases, all of them. */
export const isSoak = process.env["PACKSYNC_TEST_SOAK"] === "1";

/** How long what could go on for ever goes on in a soak: `npm run soak -- --minutes=60`. */
export const SOAK_MS = Number(process.env["PACKSYNC_TEST_MINUTES"] ?? 10) * 60_000;
