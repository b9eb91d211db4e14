import { PythonScalar } from "./python-value.ts";
import { readYaml11 } from "./yaml-1-1.ts";

/** What a scalar without quotes is for PyYAML; `undefined`: it refuses the file. */
export function resolveYaml11(scalar: string): null | boolean | number | string | PythonScalar | undefined {
  if (!MAY_BE_OTHER.test(scalar)) return scalar;
  const reading = readYaml11(scalar);
  switch (reading.kind) {
    case "text":
    case "boolean":
      return reading.value;
    case "null":
      return null;
    case "number":
      return reading.isWhole ? integer(scalar, reading.value) : float(reading.value);
    case "date":
      return time(scalar);
    case "value":
    case "merge":
      return undefined;
    default:
      return reading satisfies never;
  }
}

/** Nearly every text is told by its first letter. */
const MAY_BE_OTHER = /^(?:$|[-+.\d~=<]|[yYnNtTfFoO]\w{0,4}$)/;

/** More digits than Python makes a number of. */
const MAX_DIGITS = 4300;

function integer(scalar: string, value: number): number | PythonScalar | undefined {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const digits = scalar.replace(/^[-+]/, "").replaceAll("_", "");
  if (digits.length > MAX_DIGITS || /^0[bx]?$/.test(digits)) return undefined;
  const magnitude = digits.split(":").reduce((sum, part) => sum * 60n + BigInt(octal(part)), 0n);
  return new PythonScalar("number", String(scalar.startsWith("-") ? -magnitude : magnitude));
}

function octal(digits: string): string {
  return /^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits;
}

/** From here on Python writes exponents, and PostgreSQL makes whole numbers of them. */
const LARGE = 1e16;

function float(value: number): number | PythonScalar {
  if (Number.isNaN(value)) return new PythonScalar("infinite", "NaN");
  if (!Number.isFinite(value)) return new PythonScalar("infinite", value < 0 ? "-Infinity" : "Infinity");
  if (!Number.isInteger(value)) return value;
  if (Math.abs(value) >= LARGE) return new PythonScalar("number", String(BigInt(value)));
  return new PythonScalar("number", `${Object.is(value, -0) ? "-0" : value}.0`);
}

const TIME =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|[-+]\d\d?(?::\d\d)?))?)?$/;

/** As PostgreSQL prints it, a zone's time in UTC; `undefined`: there is no such day or time. */
function time(scalar: string): PythonScalar | undefined {
  const [, year = "", month = "", day = "", hour, minute = "", second = "", fraction = "", zone] =
    TIME.exec(scalar) ?? [];
  const date = [year, month.padStart(2, "0"), day.padStart(2, "0")].join("-");
  const clock = hour === undefined ? "00:00:00" : [hour.padStart(2, "0"), minute, second].join(":");
  const moment = new Date(`${date}T${clock}Z`);
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 19) !== `${date}T${clock}`) return undefined;
  if (hour === undefined) return new PythonScalar("time", date);
  const digits = fraction.slice(0, 6).replace(/0+$/, "");
  const shifted = new Date(moment.getTime() - minutesOf(zone) * 60_000).toISOString().slice(0, 19).replace("T", " ");
  return new PythonScalar("time", `${shifted}${digits === "" ? "" : `.${digits}`}${zone === undefined ? "" : "+00"}`);
}

function minutesOf(zone = "Z"): number {
  if (zone === "Z") return 0;
  const [hours = "0", minutes = "0"] = zone.slice(1).split(":");
  return (zone.startsWith("-") ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
