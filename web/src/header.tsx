import { type Connection, connection } from "./live.ts";
import { link, route } from "./route.ts";
import { daemon, mayRead, session, signOut } from "./store.ts";
import { setTheme, THEMES, type Theme, theme } from "./theme.ts";
import { Button } from "./ui/button.tsx";
import { Icon, type IconName } from "./ui/icon.tsx";
import { now, relative } from "./ui/time.tsx";

export function Header() {
  return (
    <header class="header">
      <div class="header-row">
        <a class="mark" href={link.overview}>
          <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path d="M6 12.500 16 7l10 5.500L16 18 6 12.500Z" />
            <path class="faint" d="m6 19.500 10 5.500 10-5.500" />
          </svg>
          packsync
        </a>
        {mayRead.value && <Navigation />}
        <div class="header-end">
          {mayRead.value && <ConnectionState />}
          <ThemeSwitch />
          <Who />
        </div>
      </div>
      {mayRead.value && <Banners />}
    </header>
  );
}

const PAGES = [
  { page: "overview", title: "Overview", href: link.overview },
  { page: "events", title: "Events", href: link.events() },
  { page: "install", title: "Install", href: link.install },
  { page: "charts", title: "Charts", href: link.charts },
] as const;

function Navigation() {
  return (
    <nav class="nav" aria-label="Pages">
      {PAGES.map(({ page, title, href }) => (
        <a key={page} href={href} aria-current={route.value.page === page ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

const CONNECTIONS: Readonly<Record<Connection["state"], { readonly tone: string; readonly text: string }>> = {
  connecting: { tone: "quiet", text: "Connecting" },
  live: { tone: "good", text: "Live" },
  paused: { tone: "quiet", text: "Paused" },
  lost: { tone: "bad", text: "Connection lost" },
};

/** Said once when it changes: a live region that does not chatter. */
function ConnectionState() {
  const { tone, text } = CONNECTIONS[connection.value.state];
  return (
    <span class={`connection ${tone}`} role="status">
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

const NEXT: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  auto: { icon: "half", label: "Colours: as the system has them" },
  light: { icon: "sun", label: "Colours: light" },
  dark: { icon: "moon", label: "Colours: dark" },
};

function ThemeSwitch() {
  const { icon, label } = NEXT[theme.value];
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto";
  return (
    <Button kind="bare" label={label} onClick={() => setTheme(next)}>
      <Icon name={icon} />
    </Button>
  );
}

function Who() {
  const { value } = session;
  if (value.state !== "ready") return null;
  const { name, scopes } = value.value;
  if (name === null)
    return mayRead.value && route.value.page !== "sign-in" ? (
      <a class="button plain" href={link.signIn}>
        Sign in
      </a>
    ) : null;
  return (
    <>
      <span class="who" title={`May: ${scopes.join(", ")}`}>
        {name}
      </span>
      <Button kind="bare" label="Sign out" onClick={signOut}>
        <Icon name="out" />
      </Button>
    </>
  );
}

/** What everybody has to see, whatever they look at. */
function Banners() {
  return (
    <>
      <LostBanner />
      <TroubleBanner />
    </>
  );
}

function LostBanner() {
  const { value } = connection;
  if (value.state !== "lost") return null;
  return (
    <div class="banner bad">
      <Icon name="plug" />
      <p>
        {value.why} What is shown is what was known {relative(value.since, now.value)}; the page tries again by itself.
      </p>
    </div>
  );
}

function TroubleBanner() {
  const status = daemon.value;
  if (status === undefined) return null;
  const isMissing = !status.is_running;
  const lines = [...(status.trouble === null ? [] : [status.trouble]), ...status.faults];
  if (!isMissing && lines.length === 0) return null;
  const shown = [
    ...new Set(isMissing && lines.length === 0 ? ["No daemon keeps the volume in sync: start `packsync`."] : lines),
  ];
  return (
    <div class={`banner ${status.trouble === null ? "warn" : "bad"}`} role="status">
      <Icon name="warning" />
      <div>
        {shown.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
    </div>
  );
}
