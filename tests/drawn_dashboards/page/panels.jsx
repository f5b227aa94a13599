// The inside of a panel by its type: Grafana's components where npm has them, else as near as may be.
import React from 'react';
import { dateTime, getFieldDisplayName, getFieldDisplayValues, getDisplayValueAlignmentFactors, VizOrientation } from '@grafana/data';
import { BarGauge, BigValue, PanelContextProvider, TimeSeries, VizRepeater } from '@grafana/ui';

const spaced = (props) => ({ source: props.frames, renderCounter: 1, width: props.width, height: props.height, getAlignmentFactors: getDisplayValueAlignmentFactors });
const valuesOf = ({ panel, frames, theme }) => getFieldDisplayValues({ fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: (text) => text, theme, data: frames, timeZone: 'utc', sparkline: (panel.options.graphMode ?? 'none') !== 'none' });

function Stat(props) {
  const { panel, theme } = props, { options } = panel;
  const draw = ({ value, width, height, alignmentFactors, count }) => (
    <BigValue value={value.display} sparkline={value.sparkline} count={count} width={width} height={height} theme={theme} colorMode={options.colorMode} graphMode={options.graphMode} justifyMode={options.justifyMode ?? 'auto'} textMode={options.textMode} alignmentFactors={alignmentFactors} text={options.text} disableWideLayout={!(options.wideLayout ?? true)} />
  );
  return <VizRepeater {...spaced(props)} getValues={() => valuesOf(props)} renderValue={draw} itemSpacing={3} orientation={options.orientation ?? VizOrientation.Auto} autoGrid />;
}

function Bars(props) {
  const { panel, theme } = props, { options } = panel;
  const draw = ({ value, width, height, alignmentFactors, count, orientation }) => (
    <BarGauge value={value.display} field={value.field} width={width} height={height} theme={theme} text={options.text} orientation={orientation} display={value.view?.getFieldDisplayProcessor(value.colIndex)} displayMode={options.displayMode} itemSpacing={8} alignmentFactors={alignmentFactors} showUnfilled={options.showUnfilled} valueDisplayMode={options.valueMode ?? 'color'} namePlacement={options.namePlacement ?? 'auto'} lcdCellWidth={12} />
  );
  return <VizRepeater {...spaced(props)} getValues={() => valuesOf(props)} renderValue={draw} orientation={options.orientation} minVizWidth={options.minVizWidth ?? 8} minVizHeight={options.minVizHeight ?? 16} maxVizHeight={options.maxVizHeight ?? 300} itemSpacing={10} />;
}

function Lines({ panel, frames, width, height, time, eventBus }) {
  const [from, to] = [dateTime(time.from), dateTime(time.to)];
  const context = { eventsScope: 'x', eventBus, canAddAnnotations: () => false };
  return (
    <PanelContextProvider value={context}>
      <TimeSeries frames={frames} structureRev={1} width={width} height={height} timeZone={['utc']} timeRange={{ from, to, raw: { from, to } }} legend={{ calcs: [], ...panel.options.legend }} options={panel.options} />
    </PanelContextProvider>
  );
}

// Grafana's state timeline is part of its server and on no registry: this one is drawn by hand, with its colours and texts.
function States({ panel, frames, width, height, theme, time }) {
  const axis = 22, names = 24 + 6.4 * Math.max(0, ...frames.map((frame) => getFieldDisplayName(frame.fields[1], frame, frames).length)), span = time.to - time.from, each = (height - axis) / Math.max(frames.length, 1);
  const at = (moment) => ((moment - time.from) / span) * (width - names);
  const hours = Array.from({ length: 7 }, (_, number) => time.from + (number * span) / 6);
  const muted = theme.colors.text.secondary;
  return (
    <div style={{ position: 'relative', height, fontSize: 12 }}>
      {frames.map((frame, row) => {
        const [moments, field] = frame.fields, top = row * each + each * (1 - (panel.options.rowHeight ?? 0.9)) / 2;
        const runs = [];
        field.values.forEach((value, index) => {
          const last = runs.at(-1), end = moments.values[index + 1] ?? time.to;
          if (last && last.value === value && last.end === moments.values[index]) last.end = end;
          else runs.push({ value, begin: moments.values[index], end });
        });
        return (
          <React.Fragment key={row}>
            <div style={{ position: 'absolute', top, left: 0, width: names - 8, lineHeight: `${each * 0.9}px`, textAlign: 'right', overflow: 'hidden', whiteSpace: 'nowrap', textOverflow: 'ellipsis' }}>{getFieldDisplayName(field, frame, frames)}</div>
            {runs.map(({ value, begin, end }) => {
              const shown = field.display(value), box = { position: 'absolute', top, left: names + at(begin), width: Math.max(at(end) - at(begin), 1), height: each * (panel.options.rowHeight ?? 0.9) };
              return <div key={begin} style={{ ...box, background: shown.color, opacity: 0.8, color: theme.colors.getContrastText(shown.color), lineHeight: `${box.height}px`, textIndent: 6, overflow: 'hidden', whiteSpace: 'nowrap' }}>{box.width > 40 ? shown.text : ''}</div>;
            })}
          </React.Fragment>
        );
      })}
      {hours.map((moment) => <div key={moment} style={{ position: 'absolute', bottom: 0, left: names + at(moment) - 16, color: muted }}>{new Date(moment).toISOString().slice(11, 16)}</div>)}
    </div>
  );
}

const KINDS = { stat: Stat, bargauge: Bars, timeseries: Lines, 'state-timeline': States };

export function Body(props) {
  if (props.frames.length === 0 && !['stat', 'bargauge'].includes(props.panel.type)) {
    return <div style={{ height: props.height, display: 'grid', placeItems: 'center', color: props.theme.colors.text.secondary }}>{props.panel.fieldConfig.defaults.noValue ?? 'No data'}</div>;
  }
  const Kind = KINDS[props.panel.type];
  return <Kind {...props} />;
}
