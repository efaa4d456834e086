// Style of the HTML report. Private to `report`.
#pragma once

namespace sf::report {

inline constexpr const char* style = R"css(
:root { color-scheme: light dark; --page: #fff; --card: #f5f6f8; --ink: #1d232b; --soft: #5c6773; --line: #d8dde4;
  --accent: #c8442b; --bad: #b3261e; --warn: #8a5a00; --tile: #d3e3f8; --box: #e9edf2;
  --build: #3f7fd4; --configure: #e29a33; --install: #27988a; --capture: #8c6bc4; --other: #98a3af; --fetch: #cfe6c8;
  --bundle: #f0d3de; --image: #e6dccf; }
@media screen and (prefers-color-scheme: dark) {
  :root { --page: #14181d; --card: #1c2229; --ink: #e4e8ed; --soft: #98a4b1; --line: #333c46;
    --accent: #ff8a6b; --bad: #ff8f85; --warn: #eab85a; --tile: #23405f; --box: #2a323b;
    --build: #5b98e8; --configure: #dd9a3c; --install: #33aa9b; --capture: #a287d6; --other: #76828e; --fetch: #2b4a30;
    --bundle: #54303f; --image: #453b2e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 28px 24px 48px; max-width: 1200px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
h1 { margin: 0; font-size: 26px; } h2 { margin: 34px 0 8px; font-size: 18px; } p { margin: 4px 0 10px; }
.soft, .note { color: var(--soft); } .note { font-size: 13px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 10px; margin: 18px 0 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.tiles b { display: block; font-size: 20px; font-weight: 600; } .tiles span { color: var(--soft); font-size: 13px; }
.wide { overflow-x: auto; } .chart { display: block; width: 100%; min-width: 720px; height: auto; }
.chart text { fill: var(--ink); font-size: 11px; } .chart .tick, .chart .heading { fill: var(--soft); }
.chart .heading { font-weight: 600; } .grid { stroke: var(--line); fill: none; }
.box { fill: var(--box); } .fetch .box, .pull .box { fill: var(--fetch); } .bundle .box { fill: var(--bundle); }
.image .box { fill: var(--image); } .critical .box { stroke: var(--accent); stroke-width: 3; }
.failed .box { stroke: var(--bad); stroke-width: 4; stroke-dasharray: 5 3; }
.phase { fill: var(--other); } .phase.build { fill: var(--build); } .phase.configure { fill: var(--configure); }
.phase.install { fill: var(--install); } .phase.capture { fill: var(--capture); }
.jobs { fill: var(--build); fill-opacity: .35; stroke: var(--build); } .most { stroke: var(--soft); fill: none;
  stroke-dasharray: 3 3; }
.tile rect { fill: var(--tile); stroke: var(--page); stroke-width: 2; } .tile .size { fill: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft); margin: 6px 0 0; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } th { text-align: left; color: var(--soft);
  font-weight: 600; } th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.id { white-space: nowrap; } .mark { color: var(--accent); font-weight: 600; } .slow { color: var(--warn); }
.bad { color: var(--bad); } pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 14px; overflow-x: auto; font: 13px/1.45 ui-monospace, "Liberation Mono", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
ol.path { list-style: none; margin: 0; padding: 0; } ol.path li { display: grid;
  grid-template-columns: minmax(140px, 220px) 90px 1fr; gap: 10px; align-items: center; padding: 2px 0; }
ol.path span { text-align: right; font-variant-numeric: tabular-nums; color: var(--soft); }
ol.path i { height: 12px; border-radius: 3px; background: var(--accent); min-width: 2px; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } .chart { min-width: 0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  h2 { break-after: avoid; } tr, .tiles div, .chart, pre { break-inside: avoid; } }
)css";

} // namespace sf::report
