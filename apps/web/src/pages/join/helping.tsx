import type { DeviceClass } from '@manyhands/core';
import { deviceName, type JobView } from '@manyhands/protocol';
import type { VolunteerMirror } from '@manyhands/volunteer';
import { useEffect, useState } from 'react';
import type { PageVolunteer } from '../../live/volunteer.ts';
import { count, percent, rate } from '../../look/figures.ts';
import { hueOf } from '../../look/hue.ts';
import { phaseWords } from './phase-words.ts';

interface HelpingProps {
  readonly job: JobView;
  readonly volunteer: PageVolunteer;
}

/** After the yes: what this device does now, how hard it may work, and the way out. */
export function Helping({ job, volunteer: { link, mirror } }: HelpingProps) {
  const { heading, sentence, progress } = phaseWords(mirror.phase, useNow(mirror.phase.at === 'connecting'));
  const { at } = mirror.phase;
  return (
    <>
      <div className="doing" role="status">
        <h2>
          {mirror.volunteer !== undefined && (
            <span className={`swatch hue-${hueOf(mirror.volunteer)}`} aria-hidden="true" />
          )}
          {heading}
        </h2>
        <p className="muted">{sentence}</p>
      </div>
      {progress !== undefined && (
        <progress
          max={Math.max(1, progress.total)}
          value={progress.done}
          aria-label={`${progress.done} of ${progress.total}`}
        />
      )}
      <ThisDevice job={job} mirror={mirror} />
      {at !== 'refused' && at !== 'failed' && (
        <label className="intensity">
          <span>
            How hard it may work <output>{Math.round(mirror.intensity * 100)} %</output>
          </span>
          <input
            type="range"
            min="10"
            max="100"
            step="5"
            value={Math.round(mirror.intensity * 100)}
            onChange={(event) => link.setIntensity(Number(event.target.value) / 100)}
          />
          <span className="muted small">Of this device’s time. Less is cooler and quieter.</span>
        </label>
      )}
      <button
        type="button"
        onClick={() => (at === 'refused' || at === 'failed' ? link.consent() : link.stop())}
      >
        {at === 'refused' || at === 'failed' ? 'Try again' : 'Stop'}
      </button>
      {at === 'mirroring' && isLocal() && (
        <p className="small">
          Trying it out on one machine? <a href={eachTab()}>Let this tab work too</a>.
        </p>
      )}
    </>
  );
}

function ThisDevice({ job, mirror }: { readonly job: JobView; readonly mirror: VolunteerMirror }) {
  const { phase } = mirror;
  const mine = mirror.samplesPerSecond;
  const all = job.samplesPerSecond;
  const share = mine === undefined || all === null || all === 0 ? undefined : Math.min(1, mine / all);
  return (
    <dl className="device">
      <div>
        <dt>Computes with</dt>
        <dd>
          {mirror.device === undefined ? (
            '–'
          ) : phase.at === 'standing-by' ? (
            <NamedClass device={mirror.device} />
          ) : (
            deviceName(mirror.device)
          )}
          {mirror.deviceNote !== undefined && <p className="device-note muted small">{mirror.deviceNote}</p>}
          {mirror.engineNote !== undefined && <p className="engine-note muted small">{mirror.engineNote}</p>}
        </dd>
      </div>
      {phase.at === 'standing-by' ? (
        <div>
          <dt>Has its turn now</dt>
          <dd>
            <NamedClass device={phase.serving} />
          </dd>
        </div>
      ) : (
        <>
          <div>
            <dt>Speed, over 10 s</dt>
            <dd>
              {rate(mine)}
              <span className="unit">samples/s</span>
            </dd>
          </div>
          <div>
            <dt>Your share of it now</dt>
            <dd>
              {percent(share)}
              <span className="unit">%</span>
            </dd>
          </div>
        </>
      )}
      <div>
        <dt>Given in this visit</dt>
        <dd>
          {count(mirror.given.samples)}
          <span className="unit">samples in {count(mirror.given.rounds)} steps</span>
        </dd>
      </div>
    </dl>
  );
}

/** Told apart from another, for two classes may differ in their engines alone. */
function NamedClass({ device }: { readonly device: DeviceClass }) {
  return (
    <>
      {deviceName(device)} <span className="unit engine">{device.engine}</span>
    </>
  );
}

function isLocal(): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
}

function eachTab(): string {
  const asked = new URLSearchParams(location.search);
  asked.set('each', '1');
  return `${location.pathname}?${asked}`;
}

/** The time, once a second while it is `counted`: enough for a countdown. */
function useNow(counted: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!counted) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [counted]);
  return now;
}
