/**
 * Returns the settings that systemd reads from the text of a unit, in order: `SECTION/NAME` and value. Follows
 * systemd.syntax(7).
 */
export function readUnit(text: string): (readonly [name: string, value: string])[] {
  const settings: (readonly [string, string])[] = []
  let section = ''
  let begun = ''
  // systemd ends a line at each of these.
  for (const line of text.split(/[\n\r\0]/)) {
    const isComment = /^\s*[#;]/.test(line)
    if (isComment || (begun + line).trim() === '') continue
    if (/(?<!\\)(?:\\\\)*\\$/.test(line)) {
      begun += `${line.slice(0, -1)} `
      continue
    }
    const whole = (begun + line).trim()
    begun = ''
    const header = /^\[(.*)\]$/.exec(whole)?.[1]
    if (header !== undefined) {
      section = header
      continue
    }
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(whole) ?? []
    settings.push([`${section}/${name.trim()}`, value.trim()])
  }
  return settings
}

/** Expands the specifiers of a value. Only `%%` needs no unit. */
export function specified(value: string): string {
  return value.replaceAll(/%(.?)/g, (_, sign: string) => {
    if (sign !== '%') throw new Error(`the specifier %${sign} in ${value}`)
    return '%'
  })
}

/** Splits a value into words, and undoes quotes and escapes, as systemd does. */
export function words(value: string): string[] {
  const found: string[] = []
  let rest = value
  while (rest !== '') {
    const [taken = '', quoted, plain = ''] = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"'\\]+))(?:\s+|$)/.exec(rest) ?? []
    if (taken === '') throw new Error(`no word begins at ${rest}`)
    found.push(specified((quoted ?? plain).replaceAll(/\\(?:x(..)|u(....)|(.))/g, unescaped)))
    rest = rest.slice(taken.length)
  }
  return found
}

/** Returns an argument of ExecStart=, in which `$$` is a dollar. */
export function argument(word: string): string {
  return word.replaceAll(/\$(.?)/g, (_, sign: string) => {
    if (sign !== '$') throw new Error(`a variable in ${word}`)
    return '$'
  })
}

function unescaped(_: string, byte?: string, code?: string, sign = ''): string {
  if (byte !== undefined || code !== undefined) return String.fromCharCode(Number.parseInt(byte ?? code ?? '', 16))
  const known = { n: '\n', t: '\t', '\\': '\\', '"': '"' }[sign]
  if (known === undefined) throw new Error(`the escape \\${sign}`)
  return known
}
