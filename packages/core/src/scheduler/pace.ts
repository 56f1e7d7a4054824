/**
 * What a volunteer has shown of itself: how fast it computes, and what every answer costs beside that, whatever its size:
 * the round trip and the vector's way up a thin line. One number for both would be wrong for every size of block but the
 * one that was measured.
 *
 * A volunteer computes its second lease while the answer to its first travels, so it works without pause when computing a
 * block takes as long as answering one, and the price is paid once a round, at its end.
 */

export interface Pace {
  /** Units a millisecond of computing. */
  readonly speed: number;
  /** Milliseconds from the grant of a lease to its answer, less the computing. */
  readonly answerMs: number;
}

export interface Answered {
  readonly units: number;
  /** Since it could begin: the later of its grant and the answer before. */
  readonly busyMs: number;
  /** As the volunteer says; 0 when it does not. */
  readonly computeMs: number;
  /** No other lease was in its hands when it was granted, so all of its time is its own. */
  readonly alone: boolean;
}

/** A pace after one more answer. Who does not tell its computing time has no price: all of its time counts as computing. */
export function measurePace(pace: Pace | undefined, { units, busyMs, computeMs, alone }: Answered): Pace {
  const told = computeMs > 0;
  const speed = units / Math.max(1, told ? computeMs : busyMs);
  const answerMs = told && alone ? Math.max(0, busyMs - computeMs) : pace?.answerMs;
  if (pace === undefined) return { speed, answerMs: answerMs ?? 0 };
  return {
    speed: pace.speed + SMOOTHING * (speed - pace.speed),
    answerMs: pace.answerMs + SMOOTHING * (answerMs! - pace.answerMs),
  };
}

/** A lease was not answered in all that time: the volunteer is at least this much slower than was believed. */
export function slowedPace(pace: Pace, units: number, heldMs: number): Pace {
  return { ...pace, speed: Math.min(pace.speed, units / heldMs) };
}

/**
 * A round went by in which nobody dared to give it anything. What was measured may no longer be true, and nothing new is
 * measured of one who has no work, so little by little it is believed to be better, but never faster than `fastest`: where
 * many wait for few units most wait for hundreds of rounds, and hope without an end would leave nothing of what was measured.
 */
export function hopedPace({ speed, answerMs }: Pace, fastest: number): Pace {
  return { speed: Math.max(speed, Math.min(speed * HOPE, fastest)), answerMs: answerMs / HOPE };
}

/** Weight of the newest measurement: five answers forget most of what was before. */
const SMOOTHING = 0.3;
const HOPE = 1.1;
