/** The version of nginx that the tag of an image names: `1.30`, `1.24.0-alpine`, `v1.30`. */
export function versionInTag(tag: string | undefined): string | undefined {
  return /^v?(\d+\.\d+(\.\d+)?)(?![\d.])/.exec(tag ?? '')?.[1];
}
