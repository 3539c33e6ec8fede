const ACCOUNT_ID = /(?<!\d)\d{12}(?!\d)/g

/** Puts `account-1`, `account-2` … in the place of account ids: the same for the same one, in all texts it is given. */
export function accountMask(): (text: string) => string {
  const names = new Map<string, string>()
  return (text) =>
    text.replace(ACCOUNT_ID, (id) => {
      const name = names.get(id) ?? `account-${names.size + 1}`
      names.set(id, name)
      return name
    })
}
