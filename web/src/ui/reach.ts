// SPDX-License-Identifier: MIT
// At which addresses another device reaches this server: what a link for somebody else begins with.

/** Is this a name by which a machine means itself (RFC 6761 §6.3, RFC 1122 §3.2.1.3)? */
export const isLoopback = (host: string): boolean => /^(.+\.)?localhost$|^127\.[\d.]+$|^\[::1\]$/.test(host);

/** The https addresses of /ca/info; none in an answer that is something else. */
export function networkOrigins(info: unknown): string[] {
  const { urls } = (info ?? {}) as { urls?: unknown };
  return Array.isArray(urls) ? urls.filter((url): url is string => typeof url === 'string' && url.startsWith('https://')) : [];
}

/**
 * The page's own origin, best first. It is the right one wherever the page was opened from elsewhere,
 * by a proxy's or a certificate's name too; only `localhost` means another machine there, and then
 * the server tells its addresses on the network, if it has any.
 */
export async function reachableOrigins({ hostname, origin } = location): Promise<string[]> {
  if (!isLoopback(hostname)) return [origin];
  const answer = await fetch('/ca/info').catch(() => undefined);
  const told = answer?.ok ? networkOrigins(await answer.json().catch(() => undefined)) : [];
  return told.length > 0 ? told : [origin];
}
