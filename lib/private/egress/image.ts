/** The version of nginx that the tag of an image names: `1.30`, `1.24.0-alpine`, `v1.30`; a date such as `2024.11` is none. */
export function versionInTag(tag: string | undefined): string | undefined {
  return /^v?(\d{1,2}\.\d+(\.\d+)?)(?![\d.])/.exec(tag ?? '')?.[1];
}
