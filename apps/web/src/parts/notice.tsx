import type { ReactNode } from 'react';

/** A page that has nothing else to show: one heading, and what to do. */
export function Notice({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="notice">
      <img src="/favicon.svg" width="56" height="56" alt="" />
      <h1>{title}</h1>
      <p>{children}</p>
    </section>
  );
}
