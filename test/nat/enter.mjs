// SPDX-License-Identifier: MIT
// Runs node in namespaces of its own, where it may make networks. All of them, and every process
// that was started in them, end with it. Needs to be root, or a system that lets users make
// namespaces.
import { spawn, spawnSync } from 'node:child_process';

const kOwn = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const asUser = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];

/** What is to be there before a network can be made; the first that fails is told. */
const needs = [
  ['unshare', ['--help'], 'unshare is missing: install the package util-linux'],
  ['ip', ['-V'], 'ip is missing: install the package iproute2'],
  ['iptables', ['-V'], 'iptables is missing: install the package iptables'],
  [
    'unshare',
    [...asUser, ...kOwn, 'true'],
    'This system lets us make no network namespaces: run as root, or allow it with sysctl kernel.unprivileged_userns_clone=1 (in a container, with --privileged)',
  ],
];

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
for (const [command, args, sentence] of needs) {
  const { status, error, stderr } = spawnSync(command, args, { env: { ...process.env, PATH }, encoding: 'utf8' });
  if (error || status !== 0) {
    console.error(`${sentence}\n${error?.message ?? stderr}`);
    process.exit(1);
  }
}

// `ip netns` keeps names below /run, and iptables a lock.
const script = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"';
const child = spawn('unshare', [...asUser, ...kOwn, 'sh', '-c', script, 'sh', process.execPath, ...process.argv.slice(2)], {
  env: { ...process.env, PATH },
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGKILL')); // --kill-child does the rest
child.on('exit', (code) => process.exit(code ?? 1));
