const PATHS = {
  overview: "M3 13h6V4H3zm0 7h6v-4H3zm9 0h9v-9h-9zm0-16v4h9V4z",
  production: "M3 20V10l5 3.5V10l5 3.5V6h8v14zM7 17h1.5M11 17h1.5M15 17h2",
  logs: "M4 6h16M4 10h10M4 14h16M4 18h7",
  traces: "M3 6h9M7 11h10M11 16h6M15 20h6",
  bus: "M4 7h16v4H4zM4 14h16v4H4zM7.5 9h.01M7.5 16h.01M12 9h5M12 16h5",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  light: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M18.4 5.6l-1 1M6.6 17.4l-1 1",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  open: "M8 5h11v11M19 5 6 18",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
