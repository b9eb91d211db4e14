import type { ServiceRow } from "../documents.ts";
import { link } from "../route.ts";
import { plural } from "../text.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import type { IconName } from "../ui/icon.tsx";
import { Time } from "../ui/time.tsx";

export function Services({ services }: { readonly services: readonly ServiceRow[] }) {
  return (
    <section class="panel" aria-label="Services">
      <h2>Services</h2>
      {services.length === 0 && <p class="muted">No service was ever concerned.</p>}
      <ul class="items">
        {services.map((service) => (
          <Service key={service.service} {...service} />
        ))}
      </ul>
    </section>
  );
}

const STANDINGS: Readonly<Record<string, { readonly tone: Tone; readonly icon: IconName }>> = {
  told: { tone: "good", icon: "check" },
  pending: { tone: "info", icon: "clock" },
  retrying: { tone: "warn", icon: "clock" },
  failed: { tone: "bad", icon: "cross" },
  unhealthy: { tone: "bad", icon: "warning" },
  absent: { tone: "quiet", icon: "dash" },
};
const UNKNOWN = { tone: "quiet", icon: "question" } as const;

/** So many are named. */
const NAMED = 4;

function Service({ service, state, since, last_told_at, waiting, knows, failures, why, evidence }: ServiceRow) {
  const { tone, icon } = STANDINGS[state] ?? UNKNOWN;
  return (
    <li data-service={service} data-state={state}>
      <div class="item-head">
        <strong>{service}</strong>
        <Badge tone={tone} icon={icon} text={state} />
        <span class="muted end">
          <Time at={since} />
        </span>
      </div>
      {why !== null && <p class="why">{why}</p>}
      {evidence.length > 0 && (
        <details>
          <summary>{plural(evidence.length, "line")} of evidence</summary>
          <pre class="evidence">{evidence.join("\n")}</pre>
        </details>
      )}
      {waiting.length > 0 && (
        <p>
          Does not know:{" "}
          {waiting.slice(0, NAMED).map((ref, index) => (
            <>
              {index > 0 && ", "}
              <a href={link.pack(ref)}>{ref}</a>
            </>
          ))}
          {waiting.length > NAMED && <span class="muted"> and {waiting.length - NAMED} more</span>}
        </p>
      )}
      <p class="muted">
        {knows.length > 0 && <>Runs {plural(knows.length, "pack")} as told; </>}
        last told <Time at={last_told_at} />
        {failures > 0 && <>, {plural(failures, "failure")} since</>}
      </p>
      {knows.length > 0 && <Knows knows={knows} />}
    </li>
  );
}

function Knows({ knows }: Pick<ServiceRow, "knows">) {
  return (
    <details>
      <summary>What it runs</summary>
      <ul class="plain-list">
        {knows.map(({ pack, release }) => (
          <li key={pack}>
            <a href={link.pack(pack)}>{pack}</a> <code>{release ?? "nothing"}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}
