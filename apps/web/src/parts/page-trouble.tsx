import { Component, type ReactNode } from 'react';
import { Notice } from './notice.tsx';
import { Shell } from './shell.tsx';

interface State {
  readonly trouble: Error | undefined;
}

/**
 * What stands in the place of a page that failed: one whose program could not be fetched, as when the server is away or was
 * updated, or that made a mistake of its own. Without it a person would look at a blank.
 */
export class PageTrouble extends Component<{ readonly children: ReactNode }, State> {
  override readonly state: State = { trouble: undefined };

  static getDerivedStateFromError(trouble: Error): State {
    return { trouble };
  }

  override render(): ReactNode {
    const { trouble } = this.state;
    if (trouble === undefined) return this.props.children;
    return (
      <Shell>
        <Notice title="This page could not be shown">
          See whether the server runs, and load the page again. What went wrong: {trouble.message}
        </Notice>
        <p className="notice-action">
          <button type="button" onClick={() => location.reload()}>
            Load it again
          </button>
        </p>
      </Shell>
    );
  }
}
