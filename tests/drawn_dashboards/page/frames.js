// Prometheus' answers as Grafana's data frames, with the field options of the panel applied by Grafana's own code.
import { applyFieldOverrides, FieldType, Registry } from '@grafana/data';

const STANDARD = ['unit', 'min', 'max', 'decimals', 'displayName', 'noValue', 'mappings', 'thresholds', 'color', 'links'];
const CUSTOM = ['drawStyle', 'lineWidth', 'lineStyle', 'lineInterpolation', 'fillOpacity', 'gradientMode', 'showPoints', 'pointSize', 'spanNulls', 'stacking', 'thresholdsStyle', 'axisPlacement', 'axisLabel', 'axisSoftMin', 'axisSoftMax', 'hideFrom', 'scaleDistribution', 'fillBelowTo', 'insertNulls'];
const property = (id, isCustom) => ({ id: isCustom ? `custom.${id}` : id, path: id, name: id, isCustom, process: (value) => value, shouldApply: () => true });
const registry = new Registry(() => [...STANDARD.map((id) => property(id, false)), ...CUSTOM.map((id) => property(id, true))]);

const nameOf = (legend, metric) => legend === '__auto' || !legend
  ? Object.entries(metric).map(([label, value]) => `${label}="${value}"`).join(', ') || 'Value'
  : legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');

export function framesOf(panel, answers, theme) {
  const frames = panel.targets.flatMap((target, index) => answers[index].map(({ metric, value, values }) => {
    const points = values ?? [value];
    const field = { name: 'Value', type: FieldType.number, values: points.map(([, text]) => Number(text)), labels: metric, config: { displayNameFromDS: nameOf(target.legendFormat, metric) } };
    const time = { name: 'Time', type: FieldType.time, values: points.map(([moment]) => moment * 1000), config: {} };
    return { refId: target.refId, length: points.length, fields: [time, field] };
  }));
  return applyFieldOverrides({ data: frames, fieldConfig: panel.fieldConfig, fieldConfigRegistry: registry, replaceVariables: (text) => text, theme, timeZone: 'utc' });
}
