import { render } from "preact";
import { App } from "./app.tsx";
import { takeToken } from "./route.ts";
import { begin, signIn } from "./store.ts";
import { restoreTheme } from "./theme.ts";
import "./style.css";

restoreTheme();
const token = takeToken();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
if (token === undefined) void begin();
else void enter(token);
// Whoever opens the way in where the page is open already loads no other page.
addEventListener("hashchange", () => {
  const later = takeToken();
  if (later !== undefined) void enter(later);
});

async function enter(way: string): Promise<void> {
  const failure = await signIn(way);
  if (failure !== undefined) await begin();
}
