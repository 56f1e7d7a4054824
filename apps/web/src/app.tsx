import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { JoinPage } from './pages/join/join.tsx';
import { Notice } from './parts/notice.tsx';
import { PageTrouble } from './parts/page-trouble.tsx';
import { Shell } from './parts/shell.tsx';

// Phones open the join page: what only the other pages need is loaded by them.
const HomePage = lazy(async () => ({ default: (await import('./pages/home/home.tsx')).HomePage }));
const DashboardPage = lazy(async () => ({
  default: (await import('./pages/dashboard/dashboard.tsx')).DashboardPage,
}));
const TrialPage = lazy(async () => ({ default: (await import('./pages/trial/trial.tsx')).TrialPage }));

export function App() {
  const [location] = useLocation();
  return (
    <PageTrouble key={location}>
      <Suspense fallback={<Shell>{null}</Shell>}>
        <Switch>
          <Route path="/">
            <HomePage />
          </Route>
          <Route path="/join/:job">{({ job }) => <JoinPage key={job} job={job} />}</Route>
          <Route path="/dashboard/:job">{({ job }) => <DashboardPage key={job} job={job} />}</Route>
          <Route path="/try/:job">{({ job }) => <TrialPage key={job} job={job} />}</Route>
          <Route>
            <Shell>
              <Notice title="There is nothing at this address">
                Look at <a href="/">the jobs of this server</a> for the one you want.
              </Notice>
            </Shell>
          </Route>
        </Switch>
      </Suspense>
    </PageTrouble>
  );
}
