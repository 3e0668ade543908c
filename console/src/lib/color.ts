// One colour a service, the same on every page: the platform's own by table, others by their name's hash.
const KNOWN: Record<string, number> = {
  gateway: 1,
  "work-order": 2,
  reporting: 3,
  material: 4,
  quality: 5,
  resource: 6,
  traceability: 7,
  integration: 8,
  auth: 9,
};

export function serviceColor(service: string): string {
  const known = KNOWN[service.replace(/-service$/, "")];
  if (known !== undefined) return `var(--series-${known})`;
  let hash = 0;
  for (const letter of service) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return `var(--series-${(hash % 9) + 1})`;
}
