import type { ComponentType } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { Header } from "./header.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { SignInPage } from "./pages/sign-in.tsx";
import { type Route, route } from "./route.ts";
import { begin, mayRead, session } from "./store.ts";
import { Button } from "./ui/button.tsx";
import { Empty, FailureView, Loading } from "./ui/views.tsx";

export function App() {
  return (
    <>
      <button type="button" class="skip" onClick={focusMain}>
        To the content
      </button>
      <Header />
      <main id="main" tabIndex={-1}>
        <Inside />
      </main>
    </>
  );
}

function focusMain(): void {
  document.getElementById("main")?.focus();
}

function Inside() {
  const { value } = session;
  if (value.state === "loading") return <Loading what="who you are" />;
  if (value.state === "failed") return <Unreachable />;
  if (!mayRead.value || route.value.page === "sign-in") return <SignInPage />;
  return <Page route={route.value} />;
}

const RETRY_MS = 3000;

function Unreachable() {
  useEffect(() => {
    const timer = setInterval(() => void begin(), RETRY_MS);
    return () => clearInterval(timer);
  }, []);
  return session.value.state === "failed" ? <FailureView failure={session.value.failure} again={begin} /> : null;
}

function Page({ route: { page }, route: whole }: { readonly route: Route }) {
  const [error, again] = useErrorBoundary();
  useEffect(() => {
    document.title = whole.page === "overview" ? "packsync" : `${titleOf(whole)} – packsync`;
    again();
    scrollTo(0, 0);
  }, [page, whole.page === "pack" ? whole.ref : ""]);
  if (error !== undefined) {
    return (
      <Empty title="This page broke" icon="warning">
        <p class="muted">{String(error)}</p>
        <Button onClick={() => location.reload()}>Load it anew</Button>
      </Empty>
    );
  }
  switch (whole.page) {
    case "overview":
      return <OverviewPage />;
    case "pack":
      return <Later load={PACK} props={{ packRef: whole.ref, tab: whole.tab }} key={whole.ref} />;
    case "events":
      return <Later load={EVENTS} props={{ query: whole.query }} />;
    case "install":
      return <Later load={INSTALL} props={{}} />;
    case "charts":
      return <Later load={CHARTS} props={{}} />;
    case "sign-in":
      return null; // shown before
    case "unknown":
      return (
        <Empty title="There is no such page" icon="question">
          <a href="#/">To the overview</a>
        </Empty>
      );
    default:
      return whole satisfies never;
  }
}

function titleOf(whole: Route): string {
  switch (whole.page) {
    case "pack":
      return whole.ref;
    case "unknown":
      return "Nothing here";
    default:
      return `${whole.page[0]?.toUpperCase()}${whole.page.slice(1)}`;
  }
}

const PACK = async () => (await import("./pages/pack.tsx")).PackPage;
const EVENTS = async () => (await import("./pages/events.tsx")).EventsPage;
const INSTALL = async () => (await import("./pages/install.tsx")).InstallPage;
const CHARTS = async () => (await import("./pages/charts.tsx")).ChartsPage;

interface LaterProps<P extends object> {
  readonly load: () => Promise<ComponentType<P>>;
  readonly props: P;
}

type Arrived<P> =
  | { readonly load: unknown; readonly component: ComponentType<P> }
  | { readonly load: unknown; readonly failed: true };

/** A page whose program comes when somebody wants to see it. */
function Later<P extends object>({ load, props }: LaterProps<P>) {
  const [arrived, arrive] = useState<Arrived<P>>();
  useEffect(() => {
    let isWanted = true;
    load().then(
      (component) => isWanted && arrive({ load, component }),
      () => isWanted && arrive({ load, failed: true }),
    );
    return () => {
      isWanted = false;
    };
  }, [load]);
  if (arrived === undefined || arrived.load !== load) return <Loading what="the page" />;
  if ("failed" in arrived)
    return (
      <Empty title="This page could not be fetched" icon="warning">
        <p class="muted">packsync cannot be reached, or is another version by now.</p>
        <Button onClick={() => location.reload()}>Load it anew</Button>
      </Empty>
    );
  const { component: Arrived } = arrived;
  return <Arrived {...props} />;
}
