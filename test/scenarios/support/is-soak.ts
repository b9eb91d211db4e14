/** `npm run soak`: not only the telling cases, all of them. */
export const isSoak = process.env["PACKSYNC_TEST_SOAK"] === "1";
