declare module "*?raw" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: Vite has it so
  export default text;
}
