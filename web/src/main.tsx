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
void (token === undefined ? begin() : signIn(token).then((failure) => failure && begin()));
