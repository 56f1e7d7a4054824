import { ROUTES } from '@manyhands/protocol';
import { memo, useEffect, useState } from 'react';
import { useServer } from '../../live/api.ts';

/** How another device gets here: an address that it can reach, also as a picture for its camera. */
export const Invite = memo(function Invite({ job }: { readonly job: string }) {
  const { data: server } = useServer();
  if (server === undefined) return null;
  const [reachable] = server.reachableUrls;
  return (
    <section className="invite" aria-labelledby="invite-title">
      {reachable === undefined ? (
        <div>
          <h2 id="invite-title">Bring a phone</h2>
          <p className="muted small">
            {server.forThisMachine ? (
              <>
                This server answers this machine only. Start it without <code>--host</code> so that phones in
                the same network can reach it.
              </>
            ) : (
              <>
                This machine is in no network that a phone could be in too. Connect it to one and start again,
                or name the address that leads here with <code>--public-url</code>.
              </>
            )}
          </p>
        </div>
      ) : (
        <>
          <QrCode text={new URL(ROUTES.joinPage(job), reachable).href} />
          <div>
            <h2 id="invite-title">Bring a phone</h2>
            <p className="small">
              <a href={new URL(ROUTES.joinPage(job), reachable).href}>
                {new URL(ROUTES.joinPage(job), reachable).href}
              </a>
            </p>
            {reachable.startsWith('http:') && (
              <p className="muted small">
                On plain http a phone has no WebGPU and computes more slowly. Start with{' '}
                <code>--tls-cert</code> and <code>--tls-key</code> for https.
              </p>
            )}
          </div>
        </>
      )}
    </section>
  );
});

/** Drawn as one path in the page's ink, so that it is sharp and follows the colours; dark on light, as cameras want it. */
function QrCode({ text }: { readonly text: string }) {
  const [code, setCode] = useState<{ readonly size: number; readonly path: string }>();
  useEffect(() => {
    let wanted = true;
    import('qrcode').then(({ create }) => {
      const { modules } = create(text, { errorCorrectionLevel: 'M' });
      let path = '';
      for (let row = 0; row < modules.size; row++) {
        for (let column = 0; column < modules.size; column++) {
          if (modules.get(row, column)) path += `M${column} ${row}h1v1h-1z`;
        }
      }
      if (wanted) setCode({ size: modules.size, path });
    });
    return () => {
      wanted = false;
    };
  }, [text]);
  const size = code?.size ?? 29;
  return (
    <svg
      className="qr"
      viewBox={`-2 -2 ${size + 4} ${size + 4}`}
      role="img"
      aria-label={`QR code of ${text}`}
    >
      <path d={code?.path ?? ''} shapeRendering="crispEdges" />
    </svg>
  );
}
