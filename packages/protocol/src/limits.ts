/** Every quantity that a stranger can influence has its limit here, and a refusal that names it. */

/** Raised with every change that an older volunteer would not understand. */
export const PROTOCOL_VERSION = 6;

export const LIMITS = {
  /** A frame: header and body. 16 Mi float32 parameters. */
  frameBytesMax: 64 * 1024 * 1024 + 64,
  /** A longer contribution travels in chunks of this length, the last one shorter. */
  chunkBytes: 256 * 1024,
  /**
   * Twice a chunk: what is longer than a chunk is refused by name, and what is longer than this is not even read. The WebSocket
   * closes with code 1009, which means just that, and a POST of long polling is answered with 413.
   */
  messageBytesReadMax: 512 * 1024,
  /**
   * Chunks that may be on their way without an acknowledgement. A pong waits behind no more than these: at 300 kbit/s for
   * 14 s, which is less than `pongMs`.
   */
  chunksOnTheWayMax: 2,
  /** Contributions that have arrived in part, all volunteers together. Leases bound them already; this is the second wall. */
  partialFrameBytesMax: 1024 * 1024 * 1024,
  /** After this long in silence the server asks a browser whether it is still there … */
  pingMs: 15_000,
  /** … and after this long without an answer the line is lost; the browser, too, gives a silent line up after both. */
  pongMs: 15_000,
  /** How long a volunteer whose line was lost may come back to its leases. */
  sessionGraceMs: 30_000,
  /** A socket message that is not a frame. */
  messageBytesMax: 64 * 1024,
  paramsMax: 16 * 1024 * 1024,
  tensorsMax: 4_096,
  rankMax: 8,
  unitsMax: 4_096,
  unitSamplesMax: 65_536,
  stepsMax: 100_000_000,
  /** Leases that one volunteer may hold: one to compute, one to go on with. */
  leasesPerVolunteerMax: 2,
  volunteersPerJobMax: 20_000,
  /** A classroom shares one address, so this ceiling is wide. */
  socketsPerAddressMax: 2_000,
  /**
   * HTTP requests a minute from one address: for each socket that it may have one a second, which is what a browser asks for
   * that fetches the parameters of every round.
   */
  requestsPerMinuteMax: 120_000,
  /** Wrong admin tokens a minute from one address that are answered as such. A right one is always taken. */
  wrongTokensPerMinuteMax: 30,
  /** Messages a second that one socket may send, over a window of ten seconds; chunks in their order are not counted. */
  messagesPerSecondMax: 100,
  /** Refused contributions after which a volunteer is asked to leave. */
  refusalsPerVolunteerMax: 20,
  /** What an engine may need for a sample, as a volunteer says: what is beyond is no measurement. */
  secondsPerSampleMin: 1e-9,
  secondsPerSampleMax: 1e4,
  /** Rows in a job's table of speeds, accounts that have a voice in one, and how often an account may raise it. */
  speedRowsMax: 128,
  speedVoicesMax: 9,
  speedPauseMs: 10 * 60_000,
  /** Residuals that a browser says it has lost, in one message. */
  residualsLostMax: 64,
  nameCharactersMax: 64,
  textCharactersMax: 2_000,
  inputNamesMax: 256,
  topologyBytesMax: 4 * 1024 * 1024,
  /** Versions of the parameters that are served; older ones answer 410. */
  versionsKept: 32,
  /** Updates that are served to who missed some; who missed more takes the parameters. */
  updatesKept: 256,
} as const;
