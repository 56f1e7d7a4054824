import { ROUTES } from '@manyhands/protocol';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { type Theme, useTheme } from '../look/theme.ts';

interface ShellProps {
  /** The job that this page is about: the way to its other pages. */
  readonly job?: string;
  readonly children: ReactNode;
}

/** What every page has round it. */
export function Shell({ job, children }: ShellProps) {
  const [location] = useLocation();
  const pages =
    job === undefined
      ? []
      : [
          { href: ROUTES.joinPage(job), name: 'Help' },
          { href: ROUTES.dashboardPage(job), name: 'Dashboard' },
          { href: ROUTES.trialPage(job), name: 'Try it' },
        ];
  return (
    <>
      <header className="shell-head">
        <Link href="/" className="brand">
          <img src="/favicon.svg" width="24" height="24" alt="" />
          Manyhands
        </Link>
        {pages.length > 0 && (
          <nav aria-label="Pages of this job">
            {pages.map(({ href, name }) => (
              <Link key={href} href={href} aria-current={href === location ? 'page' : undefined}>
                {name}
              </Link>
            ))}
          </nav>
        )}
        <ThemeChoice />
      </header>
      <main>{children}</main>
    </>
  );
}

const THEMES: readonly { readonly theme: Theme; readonly name: string; readonly sign: string }[] = [
  { theme: 'system', name: 'As the system has it', sign: '◐' },
  { theme: 'light', name: 'Light', sign: '○' },
  { theme: 'dark', name: 'Dark', sign: '●' },
];

function ThemeChoice() {
  const [theme, choose] = useTheme();
  const at = THEMES.findIndex((option) => option.theme === theme);
  const next = THEMES[(at + 1) % THEMES.length]!;
  return (
    <button
      type="button"
      className="quiet theme"
      title={`Colours: ${THEMES[at]!.name.toLowerCase()}`}
      aria-label={`Colours: ${THEMES[at]!.name.toLowerCase()}. Change to: ${next.name.toLowerCase()}`}
      onClick={() => choose(next.theme)}
    >
      <span aria-hidden="true">{THEMES[at]!.sign}</span>
    </button>
  );
}
