import type { TlsOptions } from 'node:tls'
import { checkOptions, optionNames } from '../../check-options.ts'
import type { DataPort } from './data-port.ts'
import type { PeerSession } from './peer-session.ts'
import type { PeerStream, Sendable, SendOptions } from './peer-stream.ts'
import { ScriptError } from './script-error.ts'

/** A reply, whose line end may be left out, or what is done instead; a text that this returns is sent as the reply. */
export type FtpAnswer = string | ((call: FtpCall) => unknown)

/** From verbs in upper case to answers. `GREETING` is sent before all. */
export type FtpAnswers = Readonly<Record<string, FtpAnswer>>

export interface AnswerFtpOptions extends SendOptions {
  /** Key and certificate, with which AUTH TLS is granted. The data connections, after PROT P, resume its sessions. */
  readonly tls?: TlsOptions
  /** Stops at this verb, which is left to the script. */
  readonly until?: string
}

const OPTIONS = optionNames<AnswerFtpOptions>({ tls: true, until: true, cut: true })

/** A command that came. */
export interface FtpCommand {
  /** In upper case. */
  readonly verb: string
  readonly argument: string
}

/** One command, as an answer sees it, and the usual things that can be done about it. */
export interface FtpCall extends FtpCommand {
  readonly session: PeerSession
  /** Sends a reply. Its line end may be left out. */
  reply(text: string): Promise<void>
  /** The data connection that the client has prepared, in TLS after PROT P. */
  data(): Promise<PeerStream>
  /** 150, the data, its end, 226. */
  serve(content: Sendable): Promise<void>
  /** 150, all that comes, 226. */
  store(): Promise<Buffer>
}

const FEATURES =
  '211-Features\r\n EPSV\r\n MLST type*;size*;modify*;\r\n REST STREAM\r\n SIZE\r\n MDTM\r\n UTF8\r\n211 End'

const USUAL: FtpAnswers = {
  GREETING: '220 Ready',
  USER: '331 Password',
  PASS: '230 Welcome',
  SYST: '215 UNIX Type: L8',
  FEAT: FEATURES,
  OPTS: '200 Fine',
  TYPE: '200 Fine',
  STRU: '200 Fine',
  MODE: '200 Fine',
  NOOP: '200 Fine',
  PWD: '257 "/"',
  CWD: '250 Fine',
  REST: '350 Go on',
  ABOR: '226 Nothing to abort',
}

/**
 * Answers a client's commands as an FTP server, by a table: what it names is answered by it, the login and what goes with it as a
 * simple server would, all else by 502. It ends when the client goes, or at QUIT.
 *
 * @example
 * await answerFtp(session, {
 *   MLSD: (call) => call.serve('type=file;size=1; ../../evil\r\n'),
 *   RETR: async (call) => {
 *     await call.reply('150 Here it comes')
 *     const data = await call.data()
 *     await data.send('half')
 *     data.reset()
 *     return '426 Sorry'
 *   },
 * })
 *
 * @returns The command at which it stopped, if there is `until`; undefined if the client has gone.
 */
export async function answerFtp(
  session: PeerSession,
  answers: FtpAnswers = {},
  options: AnswerFtpOptions = {},
): Promise<FtpCommand | undefined> {
  checkOptions('answer as a server', options, OPTIONS)
  const dialogue = new Dialogue(session, { ...USUAL, ...answers }, options)
  await dialogue.answer({ verb: 'GREETING', argument: '' })
  for (let line = await session.readLine(); line !== undefined; line = await session.readLine()) {
    const command = parse(line)
    if (command.verb === options.until) return command
    await dialogue.answer(command)
    if (command.verb === 'QUIT') break
  }
  return undefined
}

/** The Telnet signals before ABOR are no UTF-8, and have become U+FFFD. */
function parse(line: string): FtpCommand {
  const [, verb = '', argument = ''] = /^\uFFFD*([^ ]*) ?(.*)$/s.exec(line) ?? []
  return { verb: verb.toUpperCase(), argument }
}

/** What the commands of one connection have to remember. */
class Dialogue {
  readonly #session: PeerSession
  readonly #answers: FtpAnswers
  readonly #options: AnswerFtpOptions
  #openData: (() => Promise<PeerStream>) | undefined
  #waiting: DataPort | undefined
  #isPrivate = false

  constructor(session: PeerSession, answers: FtpAnswers, options: AnswerFtpOptions) {
    this.#session = session
    this.#answers = { ...this.#ports(), ...this.#security(), QUIT: (call) => this.#quit(call), ...answers }
    this.#options = options
  }

  async answer(command: FtpCommand): Promise<void> {
    const reply = (text: string) => this.#reply(text)
    const data = () => this.#data(command.verb)
    const call: FtpCall = {
      ...command,
      session: this.#session,
      reply,
      data,
      async serve(content) {
        await reply('150 Here it comes')
        const stream = await data()
        await stream.send(content)
        stream.end()
        await reply('226 Done')
      },
      async store() {
        await reply('150 Send it')
        const stream = await data()
        const content = await stream.readAll()
        stream.end()
        await reply('226 Done')
        return content
      },
    }
    const answer = Object.hasOwn(this.#answers, command.verb) ? this.#answers[command.verb] : undefined
    const text = typeof answer === 'function' ? await answer(call) : (answer ?? '502 Not implemented')
    if (typeof text === 'string') await reply(text)
  }

  async #reply(text: string): Promise<void> {
    await this.#session.send(text.endsWith('\n') ? text : `${text}\r\n`, { cut: this.#options.cut })
  }

  async #data(verb: string): Promise<PeerStream> {
    const open = this.#openData
    this.#openData = undefined
    this.#waiting = undefined
    if (!open) throw new ScriptError('EPSV, PASV, EPRT or PORT before', verb)
    const stream = await open()
    if (this.#isPrivate && this.#options.tls) await stream.startTls(this.#options.tls)
    return stream
  }

  #ports(): FtpAnswers {
    const listen = async (): Promise<DataPort> => {
      this.#waiting?.destroy()
      const port = await this.#session.openData()
      this.#waiting = port
      this.#openData = () => port.accept().finally(() => port.close())
      return port
    }
    const call = (port: number, host: string): string => {
      this.#openData = () => this.#session.connectData(port, host)
      return '200 Fine'
    }
    return {
      EPSV: async () => `229 Come in (|||${(await listen()).port}|)`,
      PASV: async () => `227 Come in (${(await listen()).passive})`,
      EPRT: ({ argument }) => {
        const [, , host = '', port] = argument.split(argument.charAt(0))
        return call(Number(port), host)
      },
      PORT: ({ argument }) => {
        const numbers = argument.split(',').map(Number)
        return call((numbers[4] ?? 0) * 256 + (numbers[5] ?? 0), numbers.slice(0, 4).join('.'))
      },
    }
  }

  #security(): FtpAnswers {
    return {
      AUTH: async () => {
        if (!this.#options.tls) return '502 Not implemented'
        await this.#reply('234 Go on')
        return this.#session.startTls(this.#options.tls)
      },
      PBSZ: '200 Fine',
      PROT: ({ argument }) => {
        this.#isPrivate = argument.toUpperCase() === 'P'
        return '200 Fine'
      },
    }
  }

  async #quit(call: FtpCall): Promise<void> {
    await call.reply('221 Bye')
    this.#session.end()
  }
}
