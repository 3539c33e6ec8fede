const SET_CLOCK: Readonly<Record<string, string>> = {
  darwin: 'sudo sntp -sS time.apple.com',
  win32: 'w32tm /resync',
}

/** The command that sets a machine's clock by the network's time. */
export function clockCommand(platform: string): string {
  return SET_CLOCK[platform] ?? 'sudo timedatectl set-ntp true'
}
