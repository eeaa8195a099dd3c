// SPDX-License-Identifier: MIT
// The sentences of the page about the certificate, in both languages; they load with it.

import { speaker } from '../i18n';

const en = {
  ca_title: 'Trust this server',
  cert_untrusted: 'This server made its own certificate. Install it once on this device, and the warning goes away.',
  ios_trust: 'After installing, turn on full trust: Settings › General › About › Certificate Trust Settings.',
  ca_own_files: 'This server uses a certificate of its own files. There is nothing to install.',
  ca_unreachable: 'The server did not answer. Load this page again.',
  ca_download: 'Download the certificate',
  ca_fingerprint: 'Fingerprint (SHA-256)',
  ca_compare: 'Compare it with what the server printed when it started. Install it only if they are the same.',
  ca_limits: 'It is valid for private addresses and for this server’s own names only; it can vouch for no other site.',
  ca_addresses: 'Addresses of this server',
  ca_qr: 'QR code of this page, for a phone',
  ca_windows: 'Windows',
  ca_windows_steps: 'Open the file › Install Certificate › Local Machine › Place in “Trusted Root Certification Authorities”. Restart the browser.',
  ca_macos: 'macOS',
  ca_macos_steps: 'Open the file; Keychain Access takes it. Double-click it there › Trust › “Always Trust”.',
  ca_ios: 'iPhone and iPad',
  ca_ios_steps: 'Open this page in Safari, download, then Settings › Profile Downloaded › Install.',
  ca_android: 'Android',
  ca_android_steps: 'Settings › Security › Encryption & credentials › Install a certificate › CA certificate, and choose the file.',
  ca_linux: 'Linux (Debian)',
  ca_linux_steps: 'Copy the file to /usr/local/share/ca-certificates/duet.crt and run “sudo update-ca-certificates”. Chromium: Settings › Certificates › Authorities › Import.',
  ca_firefox: 'Firefox (every system)',
  ca_firefox_steps: 'Settings › Privacy & Security › View Certificates › Authorities › Import, and tick “identify websites”.',
} as const;

const zh: Record<keyof typeof en, string> = {
  ca_title: '信任此服务器',
  cert_untrusted: '此服务器使用自签证书。在本设备安装一次后，警告就不会再出现。',
  ios_trust: '安装后还需开启完全信任：设置 › 通用 › 关于本机 › 证书信任设置。',
  ca_own_files: '此服务器使用自备的证书文件，无需安装任何东西。',
  ca_unreachable: '服务器没有回应，请重新打开本页。',
  ca_download: '下载证书',
  ca_fingerprint: '指纹（SHA-256）',
  ca_compare: '请与服务器启动时显示的指纹对照，一致才安装。',
  ca_limits: '它只对内网地址和本服务器自己的名字有效，不能为其他网站作保。',
  ca_addresses: '此服务器的地址',
  ca_qr: '本页的二维码，供手机扫描',
  ca_windows: 'Windows',
  ca_windows_steps: '打开文件 › 安装证书 › 本地计算机 › 放入“受信任的根证书颁发机构”，然后重启浏览器。',
  ca_macos: 'macOS',
  ca_macos_steps: '打开文件，“钥匙串访问”会收下它。在那里双击证书 › 信任 › “始终信任”。',
  ca_ios: 'iPhone 与 iPad',
  ca_ios_steps: '用 Safari 打开本页并下载，然后到 设置 › 已下载描述文件 › 安装。',
  ca_android: 'Android',
  ca_android_steps: '设置 › 安全 › 加密与凭据 › 安装证书 › CA 证书，选择该文件。',
  ca_linux: 'Linux（Debian）',
  ca_linux_steps: '把文件复制为 /usr/local/share/ca-certificates/duet.crt，运行“sudo update-ca-certificates”。Chromium：设置 › 证书 › 授权机构 › 导入。',
  ca_firefox: 'Firefox（各系统）',
  ca_firefox_steps: '设置 › 隐私与安全 › 查看证书 › 证书颁发机构 › 导入，并勾选“信任由此证书颁发机构来标识网站”。',
};

export const texts = { en, zh };
export type TextKey = keyof typeof en;
export const say = speaker(texts);
