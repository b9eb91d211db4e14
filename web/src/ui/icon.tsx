/** Drawn by stroke in a box of 16; they are ornaments: whoever cannot see them reads the text beside. */
const PATHS = {
  check: "m3.5 8.5 3 3 6-7",
  cross: "m4.5 4.5 7 7m0-7-7 7",
  warning: "M8 2.5 14.2 13H1.8L8 2.5Zm0 4v3m0 1.9v.1",
  pin: "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5-.5-4ZM8 9v4.5",
  hand: "M4 2.5h8M4 13.5h8M5 2.5c0 5.5 6 5.5 6 11m-6 0C5 8 11 8 11 2.5",
  layers: "M2.5 6 8 3l5.5 3L8 9 2.5 6Zm0 4L8 13l5.5-3",
  question: "M5.8 5.8A2.3 2.3 0 1 1 8 8.6v1M8 12v.1",
  box: "m2.5 5 5.5-2.5L13.500 5v6L8 13.500 2.500 11V5Zm0 0L8 7.500 13.500 5M8 7.500v6",
  shield: "M8 2.3 13 4v4c0 3-2.200 4.800-5 5.800C5.200 12.800 3 11 3 8V4l5-1.700Z",
  dash: "M3.500 8h9",
  plug: "M6 2.500v3m4-3v3M4 5.500h8v2a4 4 0 0 1-8 0v-2Zm4 6v2.500",
  bolt: "M8.800 2 4 9h3.500L7 14l5-7H8.500L8.800 2Z",
  clock: "M8 4.500V8l2.300 1.500M8 2.200a5.800 5.800 0 1 0 0 11.600A5.800 5.800 0 0 0 8 2.200Z",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9Zm3.300 7.800 3.200 3.200",
  sun: "M8 5.300a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400ZM8 1.500v1M8 13.500v1M1.500 8h1m11 0h1M3.400 3.400l.7.7m7.800 7.800.7.7m0-9.200-.7.7m-7.800 7.800-.7.7",
  moon: "M13.300 9.800A5.700 5.700 0 0 1 6.200 2.700a5.700 5.700 0 1 0 7.100 7.100Z",
  half: "M8 2.200a5.800 5.800 0 1 0 0 11.600V2.200Zm0 0a5.800 5.800 0 0 1 0 11.600",
  right: "m6 3.500 4.500 4.500L6 12.500",
  out: "M6.500 3h-3v10h3M7 8h6.500m-2.500-2.500L13.500 8 11 10.500",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
