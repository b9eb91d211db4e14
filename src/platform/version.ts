/** This program's version, as `packsync --version` says it; a test holds it against package.json. */
export const VERSION = "0.1.0";
