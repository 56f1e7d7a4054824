import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { applyMotion } from './look/motion.ts';
import { applyTheme } from './look/theme.ts';
import './look/tokens.css';
import './look/base.css';

applyTheme();
applyMotion();
createRoot(document.getElementById('root')!).render(<App />);
