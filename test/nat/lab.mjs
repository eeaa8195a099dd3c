// SPDX-License-Identifier: MIT
// Two homes behind routers, an internet between them, and a server in it.
//
//   left 192.168.1.2 -- router-left 203.0.113.2 --\
//                                                  internet -- server 198.51.100.1, 198.51.100.2
//   right 192.168.2.2 - router-right 203.0.113.6 -/
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const kBinary = process.env.DUET_BIN ?? fileURLToPath(new URL('../../build/release/duet', import.meta.url));
const kReadyWithin = 15_000; // ms

export const kPort = 2022;
/** Two addresses show how a router maps; the page is at the first. */
export const kServers = ['198.51.100.1', '198.51.100.2'];
const kMetricsAt = '127.0.0.1:9100';
const kMetrics = `http://${kMetricsAt}/metrics`;
export const kOrigin = `https://${kServers[0]}:${kPort}`;

const homes = {
  left: { inside: '192.168.1', outside: '203.0.113.2', provider: '203.0.113.1' },
  right: { inside: '192.168.2', outside: '203.0.113.6', provider: '203.0.113.5' },
};
export const sides = Object.keys(homes);
export const outsideOf = (side) => homes[side].outside;

/** What a router does with what leaves the home; what nobody asked for never comes in. */
export const routers = {
  // The same, and whoever knows the port comes in (endpoint-independent filtering).
  full: (home) => [
    '-t nat -A POSTROUTING -o out -j MASQUERADE',
    `-t nat -A PREROUTING -i out -p udp -j DNAT --to-destination ${home.inside}.2`,
    '-A FORWARD -i out -p udp -j ACCEPT',
  ],
  // One port outside for one inside, whoever is spoken to (RFC 4787: endpoint-independent mapping).
  cone: () => ['-t nat -A POSTROUTING -o out -j MASQUERADE'],
  // Another port for everybody that is spoken to (address- and port-dependent mapping).
  symmetric: () => ['-t nat -A POSTROUTING -o out -j MASQUERADE --random-fully'],
  // A company that lets nothing out but TCP.
  blocked: () => ['-A FORWARD -p udp -j DROP', '-t nat -A POSTROUTING -o out -j MASQUERADE'],
};

export const run = (line) => execFileSync(line.split(' ')[0], line.split(' ').slice(1), { stdio: ['ignore', 'ignore', 'inherit'] });
const inside = (namespace, line) => run(`ip netns exec ${namespace} ${line}`);

/** A cable between two namespaces: each end has a name and an address. */
function cable([one, oneName, oneAddress], [other, otherName, otherAddress]) {
  run(`ip link add ${oneName} netns ${one} type veth peer name ${otherName} netns ${other}`);
  for (const [namespace, name, address] of [[one, oneName, oneAddress], [other, otherName, otherAddress]]) {
    run(`ip -n ${namespace} addr add ${address} dev ${name}`);
    run(`ip -n ${namespace} link set ${name} up`);
  }
}

/** Made in namespaces that enter.mjs has made, which end with this process; nothing to undo. */
export function makeNetworks() {
  // Those of the test file before this one.
  for (const name of readdirSync('/run/netns')) run(`ip netns del ${name}`);
  for (const namespace of ['internet', 'server', ...sides, ...sides.map((side) => `router-${side}`)]) {
    run(`ip netns add ${namespace}`);
    run(`ip -n ${namespace} link set lo up`);
  }
  const forward = (namespace) => inside(namespace, 'sysctl -qw net.ipv4.ip_forward=1');
  forward('internet');
  cable(['server', 'out', `${kServers[0]}/24`], ['internet', 'server', '198.51.100.254/24']);
  run(`ip -n server addr add ${kServers[1]}/24 dev out`);
  run('ip -n server route add default via 198.51.100.254');
  // One port is open, to the relay's addresses no other way leads.
  for (const rule of [
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    `-A INPUT -p tcp --dport ${kPort} -j ACCEPT`,
    `-A INPUT -p udp --dport ${kPort} -j ACCEPT`,
    '-P INPUT DROP',
  ]) inside('server', `iptables ${rule}`);
  for (const [side, home] of Object.entries(homes)) {
    const router = `router-${side}`;
    cable([router, 'out', `${home.outside}/30`], ['internet', side, `${home.provider}/30`]);
    cable([side, 'in', `${home.inside}.2/24`], [router, 'home', `${home.inside}.1/24`]);
    run(`ip -n ${side} route add default via ${home.inside}.1`);
    run(`ip -n ${router} route add default via ${home.provider}`);
    forward(router);
  }
}

export function setRouter(side, kind) {
  const rules = [
    '-F', '-t nat -F', '-P INPUT DROP', '-P FORWARD DROP',
    ...routers[kind](homes[side]),
    '-A FORWARD -i home -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
  ];
  for (const rule of rules) inside(`router-${side}`, `iptables ${rule}`);
}

/** Another address for the machine in a home, as from a router that has forgotten it; the old one is gone. */
export function moveInside(side, host) {
  const { inside: net } = homes[side];
  run(`ip -n ${side} addr flush dev in`);
  run(`ip -n ${side} addr add ${net}.${host}/24 dev in`);
  run(`ip -n ${side} route add default via ${net}.1`);
}

/** Another address for a home, as providers give it at night: whatever was open through the router is dead. */
export function moveOutside(side, { outside, provider }) {
  run(`ip -n router-${side} addr flush dev out`);
  run(`ip -n internet addr add ${provider}/30 dev ${side}`);
  run(`ip -n router-${side} addr add ${outside}/30 dev out`);
  run(`ip -n router-${side} route add default via ${provider}`);
}

/** The server, as who has one open port would run it. */
export class Server {
  static start(...flags) {
    return Server.run('serve', (server) => server.curl(`${kOrigin}/readyz`)?.trim() === 'ready', ...flags);
  }

  /** The relay alone, for `alice:wonder`. */
  static startRelay(...flags) {
    return Server.run('turn', (server) => server.curl(kMetrics), '--turn-user', 'alice:wonder', ...flags);
  }

  static async run(command, isReady, ...flags) {
    const server = new Server();
    server.isReady = isReady;
    server.directory = mkdtempSync(join(tmpdir(), 'duet-nat-'));
    const listen = kServers.flatMap((address) => ['--listen', `${address}:${kPort}`]);
    server.args = [command, ...listen, '--state-dir', server.directory, '--metrics', kMetricsAt, ...flags];
    await server.open();
    return server;
  }

  async open() {
    this.process = spawn('ip', ['netns', 'exec', 'server', kBinary, ...this.args], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.said = '';
    this.process.stderr.on('data', (text) => (this.said += text));
    const deadline = Date.now() + kReadyWithin;
    while (Date.now() < deadline && this.process.exitCode === null) {
      if (this.isReady(this)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.stop();
    throw new Error(`${kBinary} did not become ready:\n${this.said}`);
  }

  /** Dies without a word, and is there again after a second. */
  async restart() {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await this.open();
  }

  curl(url) {
    try {
      return execFileSync('ip', ['netns', 'exec', 'server', 'curl', '-skf', '--noproxy', '*', url], { encoding: 'utf8' });
    } catch {
      return undefined;
    }
  }

  /** The sum of a metric over its labels. */
  metric(name) {
    const lines = this.curl(kMetrics).split('\n').filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  stop() {
    this.process.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}
