import type { AttuneRequest } from "./catalog/attune-round.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import type { Told } from "./deliver-once.ts";
import type { Answers, RequestKind, Requests } from "./requests.ts";

/** What a request changes of what is live, and so what is registered after it; `undefined`: nothing. */
export function registrationAfter<K extends RequestKind>(kind: K, request: Requests[K]): AttuneRequest | undefined {
  switch (kind) {
    case "sync":
      return { only: "only" in request ? request.only : [], compare: "all" }; // the database may be new while the volume is old
    case "install":
    case "settle":
      return { only: packsIn(request), compare: "changed" };
    case "rollback":
    case "uninstall":
      return { only: "pack" in request ? [request.pack] : [], compare: "changed" };
    case "verify":
      return "repair" in request && request.repair ? { only: packsIn(request), compare: "changed" } : undefined;
    case "register":
      return { only: packsIn(request), compare: "all" };
    default:
      return undefined;
  }
}

function packsIn(request: Requests[RequestKind]): readonly string[] {
  if (!("packs" in request)) return [];
  return [...request.packs].map((each) => (typeof each === "string" ? each : each.pack));
}

/** The answer of a request with what came of it in the catalogs. */
export function withRegistration<K extends RequestKind>(
  kind: K,
  answer: Answers[K] | undefined,
  registration: RegistrationReport,
): Answers[K] {
  const answers = kind === "register" ? registration : kind === "verify" ? answer : { ...Object(answer), registration };
  return answers;
}

/** And with where the services stand that it concerns, and what is to be known of that. */
export function withServices<K extends RequestKind>(
  kind: K,
  answer: Answers[K],
  told: Partial<Told> | undefined,
): Answers[K] {
  const hasReport = kind === "sync" || kind === "rollback";
  if (told?.services === undefined || !hasReport) return answer;
  const { services, notes = [] } = told;
  return { ...Object(answer), services, ...(notes.length > 0 && { notes }) };
}

export function isRegistration(answer: unknown): answer is RegistrationReport {
  return typeof answer === "object" && answer !== null && "embedded" in answer;
}
