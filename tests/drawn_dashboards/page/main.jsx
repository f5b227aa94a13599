// Draws one dashboard from window.DRAWN = {dashboard, answers, mode, width, time} with Grafana's own components.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createTheme, EventBusSrv, ThemeContext } from '@grafana/data';
import { PanelChrome } from '@grafana/ui';
import { Body } from './panels.jsx';
import { framesOf } from './frames.js';

const CELL = 30, GAP = 8, COLUMNS = 24, PADDING = 16;
const { dashboard, answers, mode, width, time } = window.DRAWN;
const theme = createTheme({ colors: { mode } });
const eventBus = new EventBusSrv();

const column = (width - 2 * PADDING + GAP) / COLUMNS;
const place = ({ x, y, w, h }) => ({
  position: 'absolute', left: x * column, top: y * (CELL + GAP), width: w * column - GAP, height: h * (CELL + GAP) - GAP,
});

function Row({ panel }) {
  const style = { ...place(panel.gridPos), fontSize: 16, fontWeight: 500, lineHeight: '30px' };
  return <div style={style}><span style={{ color: theme.colors.text.secondary, marginRight: 8 }}>⌄</span>{panel.title}</div>;
}

function Panel({ panel }) {
  if (panel.type === 'row') return <Row panel={panel} />;
  const at = place(panel.gridPos);
  const frames = framesOf(panel, answers[panel.id], theme);
  return (
    <div style={at}>
      <PanelChrome width={at.width} height={at.height} title={panel.title} description={panel.description || undefined}>
        {(w, h) => <Body panel={panel} frames={frames} width={w} height={h} theme={theme} time={time} eventBus={eventBus} />}
      </PanelChrome>
    </div>
  );
}

function Choices() {
  const box = { background: theme.components.input.background, border: `1px solid ${theme.components.input.borderColor}`, padding: '4px 8px', borderRadius: 2 };
  return (
    <div style={{ display: 'flex', gap: 16, height: 32, alignItems: 'center', marginBottom: 16 }}>
      {dashboard.templating.list.map((one) => (
        <span key={one.name}><span style={{ ...box, background: theme.colors.background.secondary }}>{one.label ?? one.name}</span><span style={box}>{one.type === 'datasource' ? 'Prometheus' : 'All'}</span></span>
      ))}
      <span style={{ flex: 1 }} />
      {dashboard.links.map((one) => <span key={one.title} style={box}>{one.title}</span>)}
    </div>
  );
}

function Dashboard() {
  const last = Math.max(...dashboard.panels.map((one) => one.gridPos.y + one.gridPos.h));
  return (
    <ThemeContext.Provider value={theme}>
      <div style={{ padding: PADDING, fontFamily: theme.typography.fontFamily, fontSize: 14, color: theme.colors.text.primary }}>
        <div style={{ fontSize: 18, fontWeight: 500, marginBottom: 12 }}>{dashboard.title}</div>
        <Choices />
        <div style={{ position: 'relative', height: last * (CELL + GAP) }}>
          {dashboard.panels.map((one) => <Panel key={one.id} panel={one} />)}
        </div>
      </div>
    </ThemeContext.Provider>
  );
}

document.body.style.cssText = `margin:0;background:${theme.colors.background.canvas};line-height:1.5714;-webkit-font-smoothing:antialiased`;
const sheet = document.createElement('style');
sheet.textContent = `.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)} *{box-sizing:border-box} button{font:inherit;color:inherit;background:none;border:0} h2{margin:0} ul,ol{list-style:none;margin:0;padding:0} table{border-collapse:collapse} .u-over,.u-under,.u-axis,.u-cursor-x,.u-cursor-y,.u-select{position:absolute}.u-legend{display:none}.uplot,.u-wrap{position:relative}.u-cursor-pt,.u-cursor-x,.u-cursor-y{display:none}`;
document.head.append(sheet);
createRoot(document.getElementById('root')).render(<Dashboard />);
